package carve.cuda.driver;

import carve.api.device.DeviceException;
import carve.api.io.TemporaryFolder;
import java.io.IOException;
import jcuda.LogLevel;
import jcuda.driver.JCudaDriver;

/**
 * JCuda's native part. JCuda unpacks it into the folder for temporary files under a name that is always the same, and takes
 * what it finds there: so it is given a folder of its own, which nobody else can have filled, and
 * which goes with the process.
 */
final class JCudaLoader {
    private static final String FOLDER = "java.io.tmpdir";

    private JCudaLoader() {}

    /**
     * Loads JCuda and initialises the driver.
     *
     * @return what cuInit returned
     * @throws DeviceException if JCuda cannot be loaded
     */
    static synchronized int load() {
        String before = System.getProperty(FOLDER);
        try {
            TemporaryFolder own = TemporaryFolder.create("jcuda");
            own.deleteOnShutdown();
            System.setProperty(FOLDER, own.path().toString());
            JCudaDriver.setLogLevel(LogLevel.LOG_QUIET);
            return JCudaDriver.cuInit(0);
        } catch (IOException | LinkageError e) {
            throw new DeviceException(
                    "cuda: JCuda could not be loaded (%s); it needs Linux on x86-64 and the NVIDIA driver"
                            .formatted(e.getMessage().lines().findFirst().orElse("no reason given")),
                    e);
        } finally {
            System.setProperty(FOLDER, before);
        }
    }
}
