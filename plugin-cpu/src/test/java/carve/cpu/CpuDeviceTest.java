package carve.cpu;

import carve.api.device.Device;
import carve.cpu.config.CpuConfig;
import carve.testkit.DeviceContract;

final class CpuDeviceTest extends DeviceContract {
    @Override
    protected Device open() {
        return new CpuDevice(new CpuConfig(2, CpuConfig.BlasMode.BUILTIN, true));
    }
}
