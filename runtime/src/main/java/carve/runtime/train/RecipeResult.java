package carve.runtime.train;

import java.nio.file.Path;
import java.util.List;

/**
 * The result of a recipe.
 *
 * @param model the folder of the trained model
 * @param stages the results of the recipe's stages, in order
 */
public record RecipeResult(Path model, List<StageResult> stages) {
    /** Copies the list. */
    public RecipeResult {
        stages = List.copyOf(stages);
    }
}
