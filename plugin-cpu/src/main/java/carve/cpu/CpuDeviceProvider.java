package carve.cpu;

import carve.api.config.Settings;
import carve.api.device.Availability;
import carve.api.device.Device;
import carve.api.device.DeviceCatalog;
import carve.api.device.DeviceProvider;
import carve.api.device.KernelCatalog;
import carve.cpu.config.CpuConfig;
import carve.cpu.gemm.GemmStrategies;
import carve.cpu.memory.NativeMemory;
import carve.cpu.simd.CpuFeatures;
import java.lang.System.Logger.Level;

/** The provider of the device {@code cpu}, which every machine has. */
public final class CpuDeviceProvider implements DeviceProvider {
    private static final int RANK = 100;

    /** Makes the provider; for {@link java.util.ServiceLoader}. */
    public CpuDeviceProvider() {
        // where this module is on the module path of a program, ND4J and oneDNN are on its class path
        Module module = CpuDeviceProvider.class.getModule();
        module.addReads(CpuDeviceProvider.class.getClassLoader().getUnnamedModule());
    }

    @Override
    public String name() {
        return "cpu";
    }

    @Override
    public Availability probe() {
        return new Availability.Available(
                RANK,
                "%s, %d processors, %d-bit vectors%s%s"
                        .formatted(
                                System.getProperty("os.arch"),
                                Runtime.getRuntime().availableProcessors(),
                                32 * NativeMemory.LANES,
                                CpuFeatures.supportsBf16() ? ", BF16 instructions" : "",
                                CpuFeatures.HAS_FMA ? "" : "; reference kernels only: " + CpuFeatures.NO_FMA_REASON));
    }

    @Override
    public Device open(Settings settings) {
        return open(settings, KernelCatalog.NONE);
    }

    @Override
    public Device open(Settings settings, DeviceCatalog others) {
        return open(settings, others.kernels());
    }

    private static Device open(Settings settings, KernelCatalog plugins) {
        if (!CpuFeatures.HAS_FMA) {
            System.getLogger("carve.cpu")
                    .log(
                            Level.WARNING,
                            "fused ops run by their references, which are slow: {0}",
                            CpuFeatures.NO_FMA_REASON);
        }
        return new CpuDevice(CpuConfig.from(settings), plugins, GemmStrategies.SCALAR_WARM_UP);
    }
}
