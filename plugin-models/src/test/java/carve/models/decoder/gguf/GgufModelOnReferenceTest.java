package carve.models.decoder.gguf;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;

final class GgufModelOnReferenceTest extends GgufModelContract {
    @Override
    protected Device open() {
        return new ReferenceDevice();
    }
}
