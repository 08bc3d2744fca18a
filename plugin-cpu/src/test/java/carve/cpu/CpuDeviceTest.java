package carve.cpu;

import carve.api.device.Device;
import carve.testkit.DeviceContract;

final class CpuDeviceTest extends DeviceContract {
    @Override
    protected Device open() {
        return new CpuDevice(new CpuConfig(2, CpuConfig.BlasMode.OWN, true));
    }
}
