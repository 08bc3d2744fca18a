package carve.runtime.train;

import carve.api.config.Settings;
import carve.api.config.SettingsNode;
import carve.api.config.TreeSettings;
import carve.api.data.Dataset;
import carve.runtime.catalog.Catalogs;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A stage of a recipe.
 *
 * @param stage the stage; where its length is in tokens, its steps are not known before {@link #on} the data
 * @param settings its own settings, without its data
 * @param data the settings of its data set
 */
record RecipeStage(TrainingStage stage, SettingsNode.Section settings, Settings data) {
    // only a schedule is made of it, and replaced when the steps are known
    private static final long UNKNOWN_STEPS = Integer.MAX_VALUE;

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
            SettingsNode.Section own = section.asTree().without("data");
            stages.add(new RecipeStage(stage(own, catalogs), own, data));
        }
        return List.copyOf(stages);
    }

    private static TrainingStage stage(SettingsNode.Section own, Catalogs catalogs) {
        Settings settings = new TreeSettings(own);
        if (!settings.has(TokenBudget.TOKENS)) {
            return TrainingStage.of(settings, catalogs);
        }
        TokenBudget.of(settings);
        return TrainingStage.of(new TreeSettings(TokenBudget.withSteps(settings, UNKNOWN_STEPS)), catalogs);
    }

    /** Returns the stage with other values of some keys. */
    RecipeStage with(Map<String, Object> values, Catalogs catalogs) {
        Map<String, SettingsNode> members = new LinkedHashMap<>(settings.members());
        values.forEach((key, value) -> members.put(key, new SettingsNode.Scalar(value, settings.origin())));
        SettingsNode.Section own = new SettingsNode.Section(members, settings.origin());
        return new RecipeStage(stage(own, catalogs), own, data);
    }

    /** Returns whether the length is in tokens. */
    boolean hasTokens() {
        return settings.members().containsKey(TokenBudget.TOKENS);
    }

    /**
     * Returns the stage with the steps that it has on its data.
     *
     * @throws carve.api.config.SettingsException if its length is in tokens, and the data does not know how many it has
     */
    TrainingStage on(Dataset dataset, Catalogs catalogs) {
        if (!hasTokens()) {
            return stage;
        }
        Settings own = new TreeSettings(settings);
        long steps = TokenBudget.steps(own, dataset, stage.config().samplesPerStep());
        return TrainingStage.of(new TreeSettings(TokenBudget.withSteps(own, steps)), catalogs);
    }

    /** Returns the length of a stage on its data in words, such as {@code align: 2,442 steps, 20,004,864 tokens}. */
    static String length(TrainingStage stage, Dataset dataset) {
        long samples = stage.config().steps() * stage.config().samplesPerStep();
        return "%s: %,d steps, about %,d tokens"
                .formatted(
                        stage.name(),
                        stage.config().steps(),
                        Math.round((double) samples * dataset.tokens().orElse(0) / dataset.size()));
    }
}
