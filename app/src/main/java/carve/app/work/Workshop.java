package carve.app.work;

import carve.api.device.Device;
import carve.api.model.ModelFolder;
import carve.app.plugin.PluginPlatform;
import carve.app.terminal.Terminal;
import carve.hocon.Catalogs;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** What commands work with. Each part is made when it is first asked for. Confined to one thread. */
public final class Workshop implements AutoCloseable {
    private final Terminal terminal;
    private final Globals globals;
    private final Supplier<AppConfig> config;
    private final Supplier<PluginPlatform> platform;
    private final Supplier<Catalogs> catalogs;
    private final Supplier<DeviceChoice> devices;
    private final Map<DeviceChoice.Key, Device> opened = new LinkedHashMap<>();
    private List<DeviceChoice> chosen = List.of();

    /** Makes the workshop of suppliers that give the same thing every time. */
    public Workshop(
            Terminal terminal,
            Globals globals,
            Supplier<AppConfig> config,
            Supplier<PluginPlatform> platform,
            Supplier<Catalogs> catalogs,
            Supplier<DeviceChoice> devices) {
        this.terminal = terminal;
        this.globals = globals;
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
    public Globals globals() {
        return globals;
    }

    /** Returns the settings of the program. */
    public AppConfig config() {
        return config.get();
    }

    /** Returns all plugins. */
    public PluginPlatform platform() {
        return platform.get();
    }

    /** Returns all that is installed. */
    public Catalogs catalogs() {
        return catalogs.get();
    }

    /** Returns the choice of a device that settings and command line make. */
    public DeviceChoice usual() {
        return devices.get();
    }

    /** Returns the choice of a device: the last one that was made here, or else the usual one. */
    public DeviceChoice devices() {
        return chosen.isEmpty() ? usual() : chosen.getFirst();
    }

    /** Makes another choice of a device, for what is opened from now on. */
    public void choose(DeviceChoice choice) {
        chosen = List.of(choice);
    }

    /** Returns the device, opened; it is closed with the workshop. */
    public Device device() {
        return device(devices());
    }

    /** Returns the device of a choice, opened once; it is closed with the workshop. */
    public Device device(DeviceChoice choice) {
        DeviceChoice.Key key = choice.key();
        Device open = opened.get(key);
        if (open == null) {
            open = choice.open();
            opened.put(key, open);
        }
        return open;
    }

    /** Opens the folder of a model; the caller closes it. */
    public ModelFolder open(Path folder) {
        return ModelFolder.open(
                folder, catalogs().families().providers(), catalogs().mixerCatalog());
    }

    @Override
    public void close() {
        opened.values().forEach(Device::close);
    }
}
