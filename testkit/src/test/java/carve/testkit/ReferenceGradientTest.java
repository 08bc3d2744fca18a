package carve.testkit;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;

/** The table of gradients, and the tape that walks it. */
final class ReferenceGradientTest extends GradientContract {
    @Override
    protected Device open() {
        return new ReferenceDevice();
    }
}
