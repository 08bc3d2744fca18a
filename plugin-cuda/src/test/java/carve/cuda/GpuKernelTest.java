package carve.cuda;

import carve.api.device.Device;
import org.junit.jupiter.api.Tag;

/** The fused ops' kernels on a card. */
@Tag("gpu")
final class GpuKernelTest extends CudaKernelContract {
    @Override
    protected Device open() {
        return RealGpu.open();
    }
}
