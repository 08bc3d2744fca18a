package carve.app.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.app.TestDistribution;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LinearizeCommandTest {
    private static final String SENTENCE = "the cat sat on a mat, and then it ran off to see who was at the door. ";

    private final CommandHarness carve = CommandHarness.installed();

    @TempDir
    private Path folder;

    private Path model;
    private Path texts;

    @BeforeEach
    void writeModelAndTexts() throws IOException {
        model = TinyChatModel.write(folder.resolve("model"));
        texts = Files.createDirectories(folder.resolve("texts"));
        for (int i = 0; i < 12; i++) {
            String text = SENTENCE.substring(i) + SENTENCE.repeat(2 + i % 3);
            Files.writeString(texts.resolve("%02d.txt".formatted(i)), text);
        }
    }

    private String[] line(String out, String... more) {
        List<String> line = new ArrayList<>(List.of(
                "linearize",
                model.toString(),
                "--out",
                folder.resolve(out).toString(),
                "--budget",
                "2k-tokens",
                "--keep",
                "1",
                "-Dmax-length=32",
                "-Dvalidation-rows=4",
                "-Ddata.cache=" + folder.resolve("cache"),
                "-Dsuggest.samples=4",
                "-Dsuggest.align.steps=2",
                "-Dmeasure.tasks=[]",
                "-Dmeasure.speeds=[16]",
                "-Dmeasure.new-tokens=4",
                "-Down-data.length=40"));
        line.addAll(List.of(more));
        return line.toArray(String[]::new);
    }

    private String[] withTexts(String out, String... more) {
        List<String> all = new ArrayList<>(List.of("--data", texts.toString()));
        all.addAll(List.of(more));
        return line(out, all.toArray(String[]::new));
    }

    private byte[] weights(String out) throws IOException {
        return Files.readAllBytes(folder.resolve(out).resolve("student/model.safetensors"));
    }

    @Test
    void aFolderOfTextsBecomesAMeasuredStudent() throws IOException {
        String printed = carve.succeeds(withTexts("run"));

        Path run = folder.resolve("run");
        assertTrue(printed.contains("perplexity"), printed);
        assertTrue(printed.contains("1 of 3 layers keep attention"), printed);
        assertTrue(Files.readString(run.resolve("student/README.md")).startsWith("---\n"));
        assertTrue(Files.exists(run.resolve("quality.html")));
        assertTrue(carve.succeeds("inspect", run.resolve("student").toString()).contains("mamba2"));
        String config = Files.readString(run.resolve("student/config.json"));
        assertTrue(config.contains("\"model_type\": \"granitemoehybrid\""), config);
        byte[] student = weights("run");
        assertTrue(carve.succeeds(withTexts("run")).contains("(done before)"));
        assertArrayEquals(student, weights("run"));
    }

    @Test
    void aDryRunWritesNothing() {
        String printed = carve.succeeds(withTexts("run", "--dry-run"));

        assertTrue(printed.contains("1 of 3 layers keep attention"), printed);
        assertTrue(printed.contains("memory"), printed);
        assertFalse(Files.exists(folder.resolve("run")));
    }

    @Test
    void theTeacherMakesTheDataWhereThereIsNone() throws IOException {
        String printed = carve.succeeds(line("own"));

        assertTrue(printed.contains("letting the teacher make data"), printed);
        assertTrue(Files.readString(folder.resolve("own/data/answers.jsonl")).startsWith("{\"messages\":"));
        assertTrue(Files.exists(folder.resolve("own/student/model.safetensors")));
    }

    @Test
    void aRunThatIsKilledEndsWithTheSameStudent() throws IOException, InterruptedException {
        carve.succeeds(withTexts("whole"));
        for (String until :
                List.of("phases/linearize.json", "plan.conf", "start/config.json", "mixers", "logits", "student")) {
            Process process = TestDistribution.process(withTexts("killed"))
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve("log").toFile())
                    .start();
            while (process.isAlive() && !Files.exists(folder.resolve("killed").resolve(until))) {
                process.waitFor(1, TimeUnit.MILLISECONDS);
            }
            process.destroyForcibly().waitFor();
        }
        carve.succeeds(withTexts("killed"));

        assertArrayEquals(weights("whole"), weights("killed"));
    }

    @Test
    void otherSettingsInTheSameFolderAreRefused() {
        carve.succeeds(withTexts("run"));

        assertEquals(1, carve.run(withTexts("run", "-Dseed=7")));
        assertTrue(carve.err().contains("was begun with settings ="), carve.err());
    }

    @Test
    void wrongSettingsAreRefusedByName() throws IOException {
        Files.writeString(Files.createDirectories(folder.resolve("other")).resolve("file"), "");

        assertEquals(1, carve.run(withTexts("other")));
        assertTrue(carve.err().contains("is not empty, and has no run of linearize"), carve.err());
        assertEquals(1, carve.run(withTexts("run", "-Dmixer=nothing")));
        assertEquals(1, carve.run(withTexts("run", "-Dmax-lenght=3")));
        assertTrue(carve.err().contains("max-lenght"), carve.err());
        assertEquals(
                1, carve.run(line("run", "--data", folder.resolve("missing").toString())));
        assertTrue(carve.err().contains("--data: there is no"), carve.err());
        assertFalse(Files.exists(folder.resolve("run")));
    }
}
