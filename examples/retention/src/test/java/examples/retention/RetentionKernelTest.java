package examples.retention;

import carve.api.device.Device;
import carve.testkit.HostDevice;
import carve.testkit.KernelContract;
import carve.testkit.KernelTrial;
import java.util.List;
import java.util.Set;

/** The kernel for devices with memory of this process agrees with the definition, forward and backward. */
final class RetentionKernelTest extends KernelContract {
    @Override
    protected Device open() {
        return new HostDevice(new RetentionKernels());
    }

    @Override
    protected Set<String> kernels() {
        return Set.of("retention-scan");
    }

    @Override
    protected List<KernelTrial> trials(int positions) {
        return new RetentionTrials().apply(positions);
    }
}
