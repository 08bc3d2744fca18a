package carve.runtime.device;

import carve.api.config.Settings;
import carve.api.device.Availability;
import carve.api.device.Device;
import carve.api.device.DeviceProvider;
import carve.api.device.ReferenceDevice;

/** The provider of the reference device, which defines the results of all others. It is always available, and slow. */
public final class ReferenceDeviceProvider implements DeviceProvider {
    /** Makes the provider. */
    public ReferenceDeviceProvider() {}

    @Override
    public String name() {
        return "reference";
    }

    @Override
    public Availability probe() {
        return new Availability.Available(0, "plain Java, one thread, the definition of every op; slow");
    }

    @Override
    public Device open(Settings settings) {
        return new ReferenceDevice();
    }
}
