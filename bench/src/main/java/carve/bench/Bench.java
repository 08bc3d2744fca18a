package carve.bench;

import carve.api.config.SettingsNode;
import carve.api.device.Device;
import carve.api.device.DeviceProvider;
import carve.api.model.ModelFolder;
import carve.hocon.Catalogs;
import java.nio.file.Path;
import java.util.Map;

/**
 * What measurements are made with.
 *
 * @param catalogs all that is installed
 * @param device the name of the device that is measured
 * @param repetitions of each measurement
 */
record Bench(Catalogs catalogs, String device, int repetitions) {
    /** Opens the device with its own defaults. */
    Device open() {
        return catalogs.devices().create(device, new SettingsNode.Section(Map.of(), "bench"), DeviceProvider::open);
    }

    /** Opens the folder of a model. */
    ModelFolder model(Path folder) {
        return ModelFolder.open(folder, catalogs.families().providers(), catalogs.mixerCatalog());
    }

    /** Returns what a device has run a fused op by. */
    static String ran(Device device, String op) {
        return device.workspace().choices().getOrDefault(op, "nothing");
    }
}
