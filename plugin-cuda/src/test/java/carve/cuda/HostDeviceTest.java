package carve.cuda;

import carve.api.device.Device;
import carve.testkit.DeviceContract;

/** The primitives' kernels, compiled for the processor. */
final class HostDeviceTest extends DeviceContract {
    @Override
    protected Device open() {
        return HostDevices.open();
    }
}
