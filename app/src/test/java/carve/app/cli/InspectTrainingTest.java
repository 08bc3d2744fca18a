package carve.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tests of {@code inspect} on what training will take. */
class InspectTrainingTest {
    private static final String MODEL = Path.of("..", "demo", "untrained").toString();

    private final CommandHarness carve = CommandHarness.installed();

    @Test
    void aRecipesStagesAreCounted() {
        String printed = carve.succeeds(
                "inspect", "mmmamba-linear", "--training", "--positions", "16", "-Dteacher=" + MODEL, "-Dout=nowhere");
        List<String> lines = printed.lines().toList();
        assertTrue(lines.getFirst().startsWith("LAYER  LABEL"), printed);
        assertEquals(
                List.of("new-parameters", "projections", "logits"),
                lines.stream()
                        .dropWhile(line -> !line.startsWith("STAGE"))
                        .skip(1)
                        .takeWhile(line -> !line.isEmpty())
                        .map(line -> line.split(" ")[0])
                        .toList());
    }

    @Test
    void aModelsLayersAreCounted() {
        String printed = carve.succeeds("inspect", MODEL, "--training", "--positions", "16");
        assertTrue(printed.contains("activations of one row of 16 positions; logits "), printed);
    }

    @Test
    void wrongLinesAreRefused() {
        assertEquals(2, carve.run("inspect", MODEL, "--positions", "16"));
        assertEquals("carve: '--positions' goes with --training; see carve inspect --help\n", carve.err());
        assertEquals(2, carve.run("inspect", MODEL, "--training", "--weights", "q8_0"));
        assertEquals("carve: '--weights' must be f32 or bf16, is 'q8_0'; see carve inspect --help\n", carve.err());
    }
}
