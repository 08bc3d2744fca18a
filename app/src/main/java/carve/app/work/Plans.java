package carve.app.work;

import carve.api.config.SettingsNode;
import carve.api.config.TreeSettings;
import carve.api.model.LayerPlan;
import carve.api.model.PlanReader;
import java.util.Map;
import java.util.Set;

/** Finds and reads plans. */
public final class Plans {
    private static final Set<String> OF_RECIPES = Set.of(
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
            Converting.EARLIER);

    private Plans() {}

    /**
     * Returns the settings of a plan: a file or a preset, over the preset or file that it names under {@code preset}.
     *
     * @param name a path, or the name of a preset
     * @throws carve.api.config.SettingsException if one of them is not there, or cannot be parsed
     */
    public static TreeSettings find(String name, Resources resources) {
        return find(name, resources, new SettingsNode.Section(Map.of(), "defaults"));
    }

    /** Returns the settings of a plan as {@link #find(String, Resources)} does, with others over them. */
    public static TreeSettings find(String name, Resources resources, SettingsNode.Section overrides) {
        return Recipe.resolved(name, resources, overrides);
    }

    /**
     * Returns the plan in settings that may be a whole recipe; what else a recipe has is left aside.
     *
     * @throws carve.api.config.SettingsException if the plan is wrong, or a key is none of a recipe's
     */
    public static LayerPlan read(TreeSettings settings, int modelLayers) {
        var nothing = new SettingsNode.Section(Map.of(), "defaults");
        TreeSettings aside = settings.over(new TreeSettings(nothing, OF_RECIPES));
        LayerPlan plan = PlanReader.read(aside, modelLayers);
        aside.requireAllRead();
        return plan;
    }
}
