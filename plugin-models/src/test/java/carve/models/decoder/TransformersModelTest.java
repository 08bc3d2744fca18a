package carve.models.decoder;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;

final class TransformersModelTest extends TransformersModelContract {
    @Override
    protected Device open() {
        return new ReferenceDevice();
    }
}
