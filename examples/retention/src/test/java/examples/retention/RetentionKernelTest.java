package examples.retention;

import carve.api.device.Device;
import carve.testkit.HostDevice;
import carve.testkit.KernelCase;
import carve.testkit.KernelContract;
import java.util.List;
import java.util.Set;

/** The kernel for devices with memory of this process agrees with the definition, forward and backward. */
final class RetentionKernelTest extends KernelContract {
    @Override
    protected Device open() {
        return new HostDevice(new RetentionKernelProvider());
    }

    @Override
    protected Set<String> kernels() {
        return Set.of("retention-scan");
    }

    @Override
    protected List<KernelCase> kernelCases(int positions) {
        return new RetentionKernelTestCases().apply(positions);
    }
}
