package {{package}};

import carve.api.config.Settings;
import carve.api.device.Availability;
import carve.api.device.Device;
import carve.api.device.DeviceProvider;

/** The provider of the device {@code {{name}}}. */
public final class {{class}}Provider implements DeviceProvider {
    @Override
    public String name() {
        return "{{name}}";
    }

    // above the reference device and below fast ones: it runs where it is named
    @Override
    public Availability probe() {
        return new Availability.Available(1, "the reference device with a kernel");
    }

    @Override
    public Device open(Settings settings) {
        return new {{class}}();
    }
}
