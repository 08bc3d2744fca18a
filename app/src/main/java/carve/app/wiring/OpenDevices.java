package carve.app.wiring;

import carve.api.device.Device;
import carve.runtime.device.DeviceSelector;
import com.google.inject.Inject;
import com.google.inject.Provider;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The devices that a command has opened, each once; closing this closes them. Confined to one thread. */
public final class OpenDevices implements AutoCloseable {
    private final Provider<DeviceSelector> configured;
    private final Map<DeviceSelector.Key, Device> opened = new LinkedHashMap<>();
    private Optional<DeviceSelector> selected = Optional.empty();

    @Inject
    OpenDevices(Provider<DeviceSelector> configured) {
        this.configured = configured;
    }

    /** Returns the selector that settings and command line configure. */
    public DeviceSelector defaultSelector() {
        return configured.get();
    }

    /** Returns the selector in use: the last one given to {@link #select}, or else the default. */
    public DeviceSelector selector() {
        return selected.orElseGet(configured::get);
    }

    /** Uses another selector, as a recipe with a device of its own asks, for what is opened from now on. */
    public void select(DeviceSelector selector) {
        selected = Optional.of(selector);
    }

    /**
     * Returns the device of the selector in use.
     *
     * @throws carve.api.device.DeviceException if it is not available
     */
    public Device device() {
        return device(selector());
    }

    /**
     * Returns the device of a selector.
     *
     * @throws carve.api.device.DeviceException if it is not available
     */
    public Device device(DeviceSelector selector) {
        DeviceSelector.Key key = selector.key();
        Device open = opened.get(key);
        if (open == null) {
            open = selector.open();
            opened.put(key, open);
        }
        return open;
    }

    @Override
    public void close() {
        opened.values().forEach(Device::close);
    }
}
