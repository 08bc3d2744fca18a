package carve.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.runtime.engine.SpeculationMetrics;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** {@code carve generate --draft}. */
final class GenerateDraftTest {
    private static final String TEACHER = Path.of("..", "demo", "teacher").toString();

    private final CommandHarness carve = CommandHarness.installed();

    @Test
    void theAnswerIsTheModels() throws IOException, InterruptedException {
        String alone = carve.process("generate", TEACHER, "--prompt", "count the figures", "--greedy");
        String drafted = carve.process(
                "generate",
                TEACHER,
                "--prompt",
                "count the figures",
                "--greedy",
                "--draft",
                TEACHER,
                "--draft-tokens",
                "2");
        assertEquals(alone, drafted);
    }

    @Test
    void acceptanceIsPrinted() {
        assertEquals(
                "accepted 9 of 12 drafted tokens (75 %); 4 target-model passes for 13 tokens",
                GenerateCommand.acceptanceSummary(new SpeculationMetrics(12, 9, 4), 13));
    }

    @Test
    void whatDoesNotGoTogetherIsRefused() {
        assertEquals(1, carve.run("generate", TEACHER, "--prompt", "hi", "--draft", TEACHER, "--move", "2:cpu"));
        assertEquals(
                "carve: --move cannot be combined with --draft: a sequence with a draft model stays on its device\n",
                carve.err());
        assertEquals(1, carve.run("generate", TEACHER, "--prompt", "hi", "--draft", TEACHER, "--draft-tokens", "0"));
        assertEquals("carve: --draft-tokens must be 1 or more, is 0\n", carve.err());
    }
}
