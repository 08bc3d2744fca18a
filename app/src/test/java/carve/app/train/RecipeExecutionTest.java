package carve.app.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import org.junit.jupiter.api.Test;

final class RecipeExecutionTest {
    @Test
    void theCommandThatResumesHasTheSettingsOfTheCommandLine() {
        assertEquals(
                "carve train teacher.conf -Dout=runs/other -Dseed=7 --resume",
                RecipeExecution.resumeCommand("train", "teacher.conf", Map.of("seed", "7", "out", "runs/other")));
        assertEquals(
                "carve distill 'my recipe.conf' -D'repeat=[keep, mamba2 x3]' --resume",
                RecipeExecution.resumeCommand("distill", "my recipe.conf", Map.of("repeat", "[keep, mamba2 x3]")));
    }
}
