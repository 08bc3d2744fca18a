package {{package}};

import carve.api.device.Device;
import carve.testkit.DeviceContract;

final class {{class}}Test extends DeviceContract {
    @Override
    protected Device open() {
        return new {{class}}();
    }
}
