package carve.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.app.TestDistribution;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The demo's teacher is talked to through a pipe. */
final class ChatCommandTest {
    private static final String TEACHER = Path.of("..", "demo", "teacher").toString();

    @TempDir
    private Path folder;

    private String errors = "";

    private String chat(String model, String input, String... more) throws IOException, InterruptedException {
        Path typed = Files.writeString(folder.resolve("typed"), input);
        Path err = folder.resolve("err");
        List<String> line = new ArrayList<>(List.of("chat", model, "--greedy"));
        line.addAll(List.of(more));
        Process process = TestDistribution.process(line.toArray(String[]::new))
                .redirectInput(typed.toFile())
                .redirectError(err.toFile())
                .start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), () -> printed);
        errors = Files.readString(err).replaceFirst("WARNING: Using incubator modules: jdk.incubator.vector\n", "");
        return printed;
    }

    private Path picture() {
        CommandHarness.installed()
                .succeeds(
                        "data",
                        "shapes",
                        "--out",
                        folder.resolve("shapes").toString(),
                        "-Dimage-size=48",
                        "-Dlight-background-percent=0",
                        "-Dmax-shapes=3",
                        "-Dtrain-scenes=0",
                        "-Dtest-scenes=1");
        return folder.resolve("shapes/test/000000.png");
    }

    @Test
    void aConversationIsForkedTakenBackKeptAndGoneOnWith() throws IOException, InterruptedException {
        Path picture = picture();
        Path kept = folder.resolve("kept.talk");
        String said = chat(TEACHER, """
                /image %s
                describe the picture
                how many shapes are there?
                /fork other
                what colour is the star?
                /switch
                /switch main
                what colour is the star?
                /undo
                /undo
                how many shapes are there?

                /save %s
                /image %s
                /nothing
                /switch nowhere
                /memory
                /quit
                never said
                """.formatted(picture, kept, folder.resolve("none.png")));
        assertEquals("""
                a cyan square top right and a green star bottom center
                two
                now in conversation 'other'; /switch main returns
                green
                  main, 2 questions, 239 KiB
                * other, 3 questions, 306 KiB
                green
                two
                saved %s: 53 positions, some KiB
                POSITIONS    STATE  WITH ATTENTION IN EVERY LAYER
                       53  239 KiB                        239 KiB
                   16,384   72 MiB                         72 MiB
                  131,072  576 MiB                        576 MiB
                plus 527 KiB of earlier states for /undo
                """.formatted(kept), said.replaceFirst("positions, \\d+ KiB", "positions, some KiB"));
        assertEquals("""
                %s, on cpu; /help lists the commands
                %s: no such file
                unknown command '/nothing'; there are /image, /undo, /fork, /switch, /new, /save, /load, /speed, /memory, /help, /quit
                no conversation 'nowhere'; there are [main, other]
                """.formatted(TEACHER, folder.resolve("none.png")), errors);
        goesOn(kept);
    }

    // in another process, where nothing is computed again
    private void goesOn(Path kept) throws IOException, InterruptedException {
        String said = chat(TEACHER, "/load %s\nwhat colour is the star?\n/speed\n".formatted(kept));
        String[] lines = said.split("\n");
        assertEquals(
                List.of(
                        "loaded 53 positions; nothing needs to be computed again",
                        "> describe the picture",
                        "a cyan square top right and a green star bottom center",
                        "> how many shapes are there?",
                        "two",
                        "green"),
                List.of(lines).subList(0, 6));
        assertTrue(
                lines[6].matches("decode: 1 tokens in .* s \\(\\d+ tokens/s\\); prefill: 14 tokens in .* s, 53 cached"),
                lines[6]);
        assertEquals("timings are shown after every answer", lines[7]);
        String other = Path.of("..", "demo", "matvlm", "teacher").toString();
        chat(other, "/load %s\n/load %s\n".formatted(kept, Path.of(TEACHER, "config.json")));
        assertTrue(
                errors.matches(
                        "(?s).*\n%s: is a conversation with another model: its parameters have the digest [0-9a-f]{12}, this one's [0-9a-f]{12}\n.*"
                                .formatted(kept)),
                errors);
        assertTrue(errors.contains("config.json: cannot resume this conversation: "), errors);
    }
}
