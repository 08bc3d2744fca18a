package carve.models.hovle;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;

final class OfficialLayerTest extends OfficialLayerContract {
    @Override
    protected Device open() {
        return new ReferenceDevice();
    }
}
