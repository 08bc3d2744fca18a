package carve.bench;

import carve.api.config.SettingsNode;
import carve.api.device.Device;
import carve.api.device.DeviceProvider;
import carve.runtime.catalog.Catalogs;
import carve.runtime.model.ModelFolder;
import java.nio.file.Path;
import java.util.Map;

/**
 * The parts that measurements are made with.
 *
 * @param catalogs all that is installed
 * @param device the name of the device that is measured
 * @param repetitions of each measurement
 */
record BenchmarkContext(Catalogs catalogs, String device, int repetitions) {
    /** Opens the device with its own defaults. */
    Device openDevice() {
        return catalogs.devices().create(device, new SettingsNode.Section(Map.of(), "bench"), DeviceProvider::open);
    }

    /** Opens the folder of a model. */
    ModelFolder openModel(Path folder) {
        return ModelFolder.open(folder, catalogs.families().providers(), catalogs.mixerCatalog());
    }

    /** Returns what a device has run a fused op by. */
    static String kernelOf(Device device, String op) {
        return device.context().kernels().choices().getOrDefault(op, "nothing");
    }
}
