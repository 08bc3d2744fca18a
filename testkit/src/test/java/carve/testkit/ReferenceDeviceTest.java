package carve.testkit;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;

/** The definition keeps its own law: shapes, scopes, refusals, and that it runs at all. */
final class ReferenceDeviceTest extends DeviceContract {
    @Override
    protected Device open() {
        return new ReferenceDevice();
    }
}
