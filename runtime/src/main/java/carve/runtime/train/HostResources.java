package carve.runtime.train;

import carve.api.device.Device;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/** The memory and disk of this machine. */
public final class HostResources {
    private HostResources() {}

    /** Returns the bytes of memory of this machine. */
    public static long memoryBytes() {
        return ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class)
                .getTotalMemorySize();
    }

    /** Returns the bytes of memory that a device has; without a limit where it has its own and does not say how much. */
    public static long memoryBytes(Device device) {
        return device.name().equals("cuda") ? Long.MAX_VALUE : memoryBytes();
    }

    /**
     * Returns the free bytes of the disk where a folder is or will be.
     *
     * @throws IOException if they cannot be read
     */
    public static long freeBytes(Path folder) throws IOException {
        Path there = folder.toAbsolutePath();
        while (!Files.exists(there)) {
            there = there.getParent();
        }
        return Files.getFileStore(there).getUsableSpace();
    }
}
