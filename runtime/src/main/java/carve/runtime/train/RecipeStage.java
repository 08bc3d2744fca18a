package carve.runtime.train;

import carve.api.config.Settings;
import carve.api.config.TreeSettings;
import carve.runtime.catalog.Catalogs;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A stage of a recipe.
 *
 * @param stage the stage
 * @param data the settings of its data set
 */
record RecipeStage(TrainingStage stage, Settings data) {
    /**
     * Returns the stages of a recipe.
     *
     * @throws carve.api.config.SettingsException if one is wrong, or two have one name
     */
    static List<RecipeStage> of(Recipe recipe, Catalogs catalogs) {
        List<RecipeStage> stages = new ArrayList<>();
        Set<String> names = new HashSet<>(RecipeRunner.RESERVED);
        for (Settings section : recipe.stages()) {
            String name = section.string("name");
            if (!names.add(name)) {
                throw section.error(
                        "name",
                        "is '%s': names of stages must be unique, and none of %s"
                                .formatted(name, String.join(", ", RecipeRunner.RESERVED)));
            }
            Settings data = recipe.data(section);
            Settings own = new TreeSettings(section.asTree().without("data"));
            stages.add(new RecipeStage(TrainingStage.of(own, catalogs), data));
        }
        return List.copyOf(stages);
    }
}
