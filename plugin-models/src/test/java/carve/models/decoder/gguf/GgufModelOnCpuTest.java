package carve.models.decoder.gguf;

import carve.api.config.MapSettings;
import carve.api.device.Device;
import carve.cpu.CpuDeviceProvider;
import java.util.Map;

final class GgufModelOnCpuTest extends GgufModelContract {
    @Override
    protected Device open() {
        return new CpuDeviceProvider().open(MapSettings.of(Map.of()));
    }
}
