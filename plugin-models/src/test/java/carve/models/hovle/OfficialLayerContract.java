package carve.models.hovle;

import carve.api.device.Device;
import org.junit.jupiter.api.Nested;

/** Layers of HoVLE and mmMamba agree with what the authors' code computed, on a device. */
abstract class OfficialLayerContract {
    /** Returns the device under test, new; it is closed. */
    protected abstract Device open();

    @Nested
    final class Attention extends OfficialAttentionContract {
        @Override
        protected Device open() {
            return OfficialLayerContract.this.open();
        }
    }

    @Nested
    final class Mamba extends OfficialMamba2Contract {
        @Override
        protected Device open() {
            return OfficialLayerContract.this.open();
        }
    }

    @Nested
    final class Pictures extends OfficialImageContract {
        @Override
        protected Device open() {
            return OfficialLayerContract.this.open();
        }
    }
}
