package carve.models.hovle;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import org.junit.jupiter.api.Nested;

/** Layers of HoVLE and mmMamba on the reference device. */
final class OfficialLayerTest {
    private static Device device() {
        return new ReferenceDevice();
    }

    @Nested
    final class Attention extends OfficialAttentionContract {
        @Override
        protected Device open() {
            return device();
        }
    }

    @Nested
    final class Mamba extends OfficialMambaContract {
        @Override
        protected Device open() {
            return device();
        }
    }

    @Nested
    final class Pictures extends OfficialPictureContract {
        @Override
        protected Device open() {
            return device();
        }
    }
}
