package carve.cuda;

import carve.api.device.Device;
import carve.testkit.DeviceContract;
import org.junit.jupiter.api.Tag;

/** The primitives' kernels on a card. */
@Tag("gpu")
final class GpuDeviceTest extends DeviceContract {
    @Override
    protected Device open() {
        return RealGpu.open();
    }
}
