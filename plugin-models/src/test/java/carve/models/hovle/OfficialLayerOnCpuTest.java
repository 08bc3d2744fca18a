package carve.models.hovle;

import carve.api.config.MapSettings;
import carve.api.device.Device;
import carve.cpu.CpuDeviceProvider;
import java.util.Map;
import org.junit.jupiter.api.Nested;

/** Layers of HoVLE and mmMamba on the processor's own device. */
final class OfficialLayerOnCpuTest {
    private static Device device() {
        return new CpuDeviceProvider().open(MapSettings.of(Map.of()));
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
