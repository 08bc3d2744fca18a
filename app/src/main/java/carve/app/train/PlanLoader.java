package carve.app.train;

import carve.api.config.SettingsNode;
import carve.api.config.TreeSettings;
import carve.api.model.LayerPlan;
import carve.app.plugin.Presets;
import carve.runtime.plan.LayerPlanReader;
import java.util.Map;
import java.util.Set;

/** Finds and reads plans. */
public final class PlanLoader {
    private static final Set<String> RECIPE_KEYS = Set.of(
            "teacher",
            "student",
            "model",
            "out",
            "seed",
            "dtype",
            "samples",
            "data",
            "stages",
            "demo",
            "device",
            "kernels",
            ConversionRunner.PREVIOUS_CHECKPOINT);

    private PlanLoader() {}

    /**
     * Returns the settings of a plan: a file or a preset, over the preset or file that it names under {@code preset}.
     *
     * @param name a path, or the name of a preset
     * @throws carve.api.config.SettingsException if one of them is not there, or cannot be parsed
     */
    public static TreeSettings load(String name, Presets presets) {
        return load(name, presets, new SettingsNode.Section(Map.of(), "defaults"));
    }

    /** Returns the settings of a plan as {@link #load(String, Presets)} does, with others over them. */
    public static TreeSettings load(String name, Presets presets, SettingsNode.Section overrides) {
        return Recipe.resolvePresets(name, presets, overrides);
    }

    /**
     * Returns the plan in settings that may be a whole recipe; what else a recipe has is left aside.
     *
     * @throws carve.api.config.SettingsException if the plan is wrong, or a key is none of a recipe's
     */
    public static LayerPlan parse(TreeSettings settings, int modelLayers) {
        var nothing = new SettingsNode.Section(Map.of(), "defaults");
        TreeSettings aside = settings.over(new TreeSettings(nothing, RECIPE_KEYS));
        LayerPlan plan = LayerPlanReader.read(aside, modelLayers);
        aside.requireAllRead();
        return plan;
    }
}
