package carve.cuda;

import carve.api.config.MapSettings;
import carve.api.device.Availability;
import carve.api.device.Device;
import carve.cuda.driver.CudaGpuDriver;
import carve.testkit.LoggedAssumptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The card of this machine, if it has one. */
public final class RealGpu {
    /** The name of the card that {@code libcuda.cpp} plays. */
    public static final String EMULATED_NAME = "a processor that plays a card";

    private static final List<CudaGpuDriver> KEPT = new ArrayList<>();

    private RealGpu() {}

    // to make the card's context anew for each test would take longer than the tests
    private static synchronized void keepContext() {
        if (KEPT.isEmpty()) {
            KEPT.add(new CudaGpuDriver(0));
        }
    }

    /** Opens the card; where there is none, the test is left out and says why. */
    static Device open() {
        var provider = new CudaDeviceProvider();
        Availability found = provider.probe();
        String reason = found instanceof Availability.Unavailable(var why) ? why : "";
        LoggedAssumptions.assumeTrue(reason.isEmpty(), reason);
        // another test of this process may have put one in the place of NVIDIA's
        boolean played =
                found instanceof Availability.Available(int rank, String what) && what.startsWith(EMULATED_NAME);
        LoggedAssumptions.assumeTrue(!played, "no NVIDIA driver: the one that is loaded is played by the processor");
        keepContext();
        String libraries = System.getProperty("carve.cuda.libraries", "");
        boolean graphs = Boolean.getBoolean("carve.cuda.graphs");
        return provider.open(MapSettings.of(Map.of("library-path", libraries, "cuda-graphs", graphs)));
    }
}
