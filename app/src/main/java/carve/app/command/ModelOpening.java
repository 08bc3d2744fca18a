package carve.app.command;

import carve.api.device.Device;
import carve.api.model.LoadedModel;
import carve.api.model.ModelFolder;
import carve.api.model.Processor;
import carve.api.model.Storage;
import carve.app.engine.Digests;
import carve.app.engine.Opened;
import carve.app.plugin.LivePlugins;
import carve.app.plugin.Plugin;
import carve.app.work.AppConfig;
import carve.app.work.DeviceChoice;
import carve.hocon.Catalogs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Opens models to be served, each on a device of its own, with the plugins as they are at that time.
 *
 * @param plugins what is installed
 * @param config the settings
 * @param piece of how many positions prompts are taken
 */
record ModelOpening(LivePlugins plugins, AppConfig config, int piece) {
    /** Opens the model in a folder, on the thread that is to use it. */
    Opened open(Path path) {
        List<AutoCloseable> held = new ArrayList<>();
        try {
            LivePlugins.Lease lease = plugins.lease();
            held.add(lease);
            Catalogs catalogs = lease.catalogs(config.providers());
            Device device =
                    DeviceChoice.of(catalogs, config.device(), config.kernels()).open();
            held.add(device);
            ModelFolder folder = ModelFolder.open(path, catalogs.families().providers(), catalogs.mixerCatalog());
            held.add(folder);
            Processor processor = folder.processor();
            LoadedModel model = folder.load(device, Storage.KEEP);
            return new Opened(model, processor, identity(path, device, lease), held);
        } catch (RuntimeException e) {
            held.reversed().forEach(ModelOpening::close);
            throw e;
        }
    }

    private static void close(AutoCloseable part) {
        try {
            part.close();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    // another processor may add in another order, and another version may do anything
    private List<String> identity(Path path, Device device, LivePlugins.Lease lease) {
        try {
            List<String> identity = new ArrayList<>(List.of(
                    Digests.folder(path),
                    device.name(),
                    config.kernels().name(),
                    config.providers().toMap().toString(),
                    piece + " positions",
                    System.getProperty("os.arch") + " " + jdk.incubator.vector.FloatVector.SPECIES_PREFERRED));
            lease.platform().plugins().stream()
                    .map(Plugin::modules)
                    .forEach(modules -> identity.add(modules.toString()));
            return identity;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
