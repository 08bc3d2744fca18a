package carve.cuda;

import carve.api.device.Device;
import carve.testkit.DeviceContract;

/** The primitives' kernels, compiled for the processor. */
final class EmulatedDeviceTest extends DeviceContract {
    @Override
    protected Device open() {
        return EmulatedDevices.open();
    }
}
