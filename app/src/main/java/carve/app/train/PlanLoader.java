package carve.app.train;

import carve.api.config.SettingsNode;
import carve.api.config.TreeSettings;
import carve.app.plugin.Presets;
import carve.runtime.train.Recipe;
import java.util.Map;

/** Finds plans: files and presets. */
public final class PlanLoader {
    private PlanLoader() {}

    /**
     * Returns the settings of a plan: a file or a preset, over the preset or file that it names under {@code preset}.
     *
     * @param name a path, or the name of a preset
     * @throws carve.api.config.SettingsException if one of them does not exist, or cannot be parsed
     */
    public static TreeSettings load(String name, Presets presets) {
        return load(name, presets, new SettingsNode.Section(Map.of(), "defaults"));
    }

    /** Returns the settings of a plan as {@link #load(String, Presets)} does, with others over them. */
    public static TreeSettings load(String name, Presets presets, SettingsNode.Section overrides) {
        return Recipe.resolvePresets(name, presets::load, overrides);
    }
}
