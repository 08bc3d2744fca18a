package carve.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.runtime.engine.SpeculativeDecoder;
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
    void whatStayedIsTold() {
        assertEquals(
                "9 of 12 drafted tokens stayed (75 %); 4 passes of the model after the prompt for 13 tokens",
                GenerateCommand.acceptanceSummary(new SpeculativeDecoder.Output(new int[13], 12, 9, 4)));
    }

    @Test
    void whatDoesNotGoTogetherIsRefused() {
        assertEquals(1, carve.run("generate", TEACHER, "--prompt", "hi", "--draft", TEACHER, "--move", "2:cpu"));
        assertEquals(
                "carve: --move and --draft: an answer with a draft stays on its device; leave one out\n", carve.err());
        assertEquals(1, carve.run("generate", TEACHER, "--prompt", "hi", "--draft", TEACHER, "--draft-tokens", "0"));
        assertEquals("carve: --draft-tokens must be 1 or more, is 0\n", carve.err());
    }
}
