package carve.app.train;

import carve.api.config.NameSuggestions;
import carve.api.config.SettingsException;
import carve.api.config.TreeSettings;
import carve.app.wiring.AppConfig;
import carve.app.wiring.GlobalOptions;
import carve.runtime.device.DeviceSelector;
import java.util.Set;

/** The device that a recipe or a plan asks for, where the command line does not name one. */
public final class RecipeDevice {
    private static final String DEVICE = "device";
    private static final String KERNELS = "kernels";

    private RecipeDevice() {}

    /**
     * Returns the selection of a device.
     *
     * @param settings those of a recipe or a plan
     * @param usual the selection where neither settings nor command line name a device
     * @throws SettingsException if the settings name an unknown device or policy
     */
    public static DeviceSelector of(TreeSettings settings, DeviceSelector usual, GlobalOptions given) {
        DeviceSelector named = settings.has(DEVICE) && given.device().isEmpty()
                ? usual.with(namedDevice(settings, usual.devices().names()))
                : usual;
        return settings.has(KERNELS) && given.kernels().isEmpty()
                ? named.with(AppConfig.kernels(
                        settings.string(KERNELS), settings.origin(KERNELS) + ": key '" + KERNELS + "'"))
                : named;
    }

    private static String namedDevice(TreeSettings settings, Set<String> installed) {
        String name = settings.string(DEVICE);
        if (!name.equals(DeviceSelector.AUTO) && !installed.contains(name)) {
            throw new SettingsException("%s: key 'device': %s; 'auto' takes one that is available"
                    .formatted(settings.origin(DEVICE), NameSuggestions.unknown("device", name, installed)));
        }
        return name;
    }
}
