package carve.api.device;

import java.util.Set;

/** The devices that are installed, for those that are made of others. */
public interface DeviceCatalog {
    /** Returns their names, sorted. */
    Set<String> names();

    /**
     * Opens a device with its defaults; the caller closes it.
     *
     * @param name its name, or {@code auto}, which takes the available one of highest rank
     * @throws carve.api.config.SettingsException if there is none of this name
     * @throws DeviceException if it is not available; the message has the reason
     */
    Device open(String name);

    /** Returns the kernels of plugins, for a device that lets them run; none by default. */
    default KernelCatalog kernels() {
        return KernelCatalog.NONE;
    }
}
