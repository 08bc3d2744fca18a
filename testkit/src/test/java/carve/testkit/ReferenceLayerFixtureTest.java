package carve.testkit;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;

/** The definitions agree with the official code. */
final class ReferenceLayerFixtureTest extends LayerFixtureContract {
    @Override
    protected Device open() {
        return new ReferenceDevice();
    }
}
