package carve.app.wiring;

import carve.api.device.Device;
import carve.app.plugin.PluginSet;
import carve.app.report.Terminal;
import carve.runtime.catalog.Catalogs;
import carve.runtime.device.DeviceSelector;
import carve.runtime.model.ModelFolder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** What commands work with. Each part is made when it is first asked for. Confined to one thread. */
public final class AppContext implements AutoCloseable {
    private final Terminal terminal;
    private final GlobalOptions globalOptions;
    private final Supplier<AppConfig> config;
    private final Supplier<PluginSet> platform;
    private final Supplier<Catalogs> catalogs;
    private final Supplier<DeviceSelector> devices;
    private final Map<DeviceSelector.Key, Device> opened = new LinkedHashMap<>();
    private List<DeviceSelector> selected = List.of();

    /** Makes the workshop of suppliers that give the same thing every time. */
    public AppContext(
            Terminal terminal,
            GlobalOptions globalOptions,
            Supplier<AppConfig> config,
            Supplier<PluginSet> platform,
            Supplier<Catalogs> catalogs,
            Supplier<DeviceSelector> devices) {
        this.terminal = terminal;
        this.globalOptions = globalOptions;
        this.config = config;
        this.platform = platform;
        this.catalogs = catalogs;
        this.devices = devices;
    }

    /** Returns where results go. */
    public Terminal terminal() {
        return terminal;
    }

    /** Returns what the command line says. */
    public GlobalOptions globalOptions() {
        return globalOptions;
    }

    /** Returns the settings of the program. */
    public AppConfig config() {
        return config.get();
    }

    /** Returns all plugins. */
    public PluginSet platform() {
        return platform.get();
    }

    /** Returns all that is installed. */
    public Catalogs catalogs() {
        return catalogs.get();
    }

    /** Returns the choice of a device that settings and command line make. */
    public DeviceSelector defaultDeviceSelector() {
        return devices.get();
    }

    /** Returns the choice of a device: the last one that was made here, or else the usual one. */
    public DeviceSelector deviceSelector() {
        return selected.isEmpty() ? defaultDeviceSelector() : selected.getFirst();
    }

    /** Makes another choice of a device, for what is opened from now on. */
    public void selectDevice(DeviceSelector choice) {
        selected = List.of(choice);
    }

    /** Returns the device, opened; it is closed with the workshop. */
    public Device device() {
        return device(deviceSelector());
    }

    /** Returns the device of a choice, opened once; it is closed with the workshop. */
    public Device device(DeviceSelector choice) {
        DeviceSelector.Key key = choice.key();
        Device open = opened.get(key);
        if (open == null) {
            open = choice.open();
            opened.put(key, open);
        }
        return open;
    }

    /** Opens the folder of a model; the caller closes it. */
    public ModelFolder openModel(Path folder) {
        return ModelFolder.open(
                folder, catalogs().families().providers(), catalogs().mixerCatalog());
    }

    @Override
    public void close() {
        opened.values().forEach(Device::close);
    }
}
