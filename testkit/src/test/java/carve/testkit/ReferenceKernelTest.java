package carve.testkit;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import java.util.Set;

/** The definitions run, give gradients, are deterministic and leave nothing behind. */
final class ReferenceKernelTest extends KernelContract {
    @Override
    protected Device open() {
        return new ReferenceDevice();
    }

    @Override
    protected Set<String> kernels() {
        return Set.of();
    }
}
