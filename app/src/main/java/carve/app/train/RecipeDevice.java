package carve.app.train;

import carve.api.config.SettingsNode;
import carve.api.config.TreeSettings;
import carve.app.wiring.GlobalOptions;
import carve.runtime.device.DeviceSelector;

/** The device that a recipe or a plan asks for, where the command line does not name one. */
public final class RecipeDevice {
    private RecipeDevice() {}

    /**
     * Returns the selection of a device.
     *
     * @param settings those of a recipe or a plan
     * @param usual the selection where neither settings nor command line name a device
     * @throws carve.api.config.SettingsException if the settings name an unknown device or policy
     */
    public static DeviceSelector of(TreeSettings settings, DeviceSelector usual, GlobalOptions given) {
        SettingsNode.Section asked = settings.asTree();
        asked = given.device().isEmpty() ? asked : asked.without("device");
        asked = given.kernels().isEmpty() ? asked : asked.without("kernels");
        return usual.with(new TreeSettings(asked));
    }
}
