package carve.cuda;

import carve.api.device.Device;

/** The fused ops' kernels, compiled for the processor. */
final class EmulatedKernelTest extends CudaKernelContract {
    @Override
    protected Device open() {
        return EmulatedDevices.open();
    }
}
