package carve.models.decoder;

import carve.api.config.MapSettings;
import carve.api.device.Device;
import carve.cpu.CpuDeviceProvider;
import java.util.Map;

final class TransformersModelOnCpuTest extends TransformersModelContract {
    @Override
    protected Device open() {
        return new CpuDeviceProvider().open(MapSettings.of(Map.of()));
    }
}
