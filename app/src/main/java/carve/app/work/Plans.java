package carve.app.work;

import carve.api.config.SettingsNode;
import carve.api.config.TreeSettings;
import carve.api.model.LayerPlan;
import java.util.Map;
import java.util.Set;

/** Reads plans. */
final class Plans {
    private static final Set<String> OF_RECIPES =
            Set.of("preset", "teacher", "student", "model", "out", "seed", "dtype", "data", "stages", "demo");

    private Plans() {}

    /**
     * Returns the plan in settings that may be a whole recipe; what else a recipe has is left aside.
     *
     * @throws carve.api.config.SettingsException if the plan is wrong, or a key is none of a recipe's
     */
    static LayerPlan read(TreeSettings settings, int modelLayers) {
        var nothing = new SettingsNode.Section(Map.of(), "defaults");
        TreeSettings aside = settings.over(new TreeSettings(nothing, OF_RECIPES));
        LayerPlan plan = LayerPlan.from(aside, modelLayers);
        aside.requireAllRead();
        return plan;
    }
}
