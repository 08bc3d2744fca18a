package carve.api.device;

import carve.api.config.Settings;

/** A provider of devices of one kind; found by {@link java.util.ServiceLoader}. */
public interface DeviceProvider {
    /** Returns the name that settings know the device by, {@code [a-z][a-z0-9-]*}. */
    String name();

    /** Returns whether the device can be opened here, or why not; does not throw and starts nothing that stays. */
    Availability probe();

    /**
     * Opens the device; the caller closes it.
     *
     * @throws DeviceException with the reason of {@link #probe()} if it is not available
     */
    Device open(Settings settings);

    /**
     * Opens the device; the caller closes it. A device that is made of others opens them here, and one that lets plugins'
     * kernels run finds them here; any other does as with its settings alone.
     *
     * @param others the installed devices, and the kernels of plugins
     * @throws DeviceException with the reason of {@link #probe()} if it is not available
     */
    default Device open(Settings settings, DeviceCatalog others) {
        return open(settings);
    }
}
