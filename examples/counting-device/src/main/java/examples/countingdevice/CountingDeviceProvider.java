package examples.countingdevice;

import carve.api.config.Settings;
import carve.api.device.Availability;
import carve.api.device.Device;
import carve.api.device.DeviceCatalog;
import carve.api.device.DeviceProvider;
import carve.api.device.ReferenceDevice;
import java.nio.file.Path;
import java.util.Optional;

/** The provider of the device {@code counting}. */
public final class CountingDeviceProvider implements DeviceProvider {
    @Override
    public String name() {
        return "counting";
    }

    // below all others: it runs only where it is named
    @Override
    public Availability probe() {
        return new Availability.Available(-1, "counts the operations of another device");
    }

    @Override
    public Device open(Settings settings) {
        return new CountingDevice(new ReferenceDevice(), Optional.empty());
    }

    @Override
    public Device open(Settings settings, DeviceCatalog others) {
        String report = settings.string("report");
        Optional<Path> file = report.isEmpty() ? Optional.empty() : Optional.of(Path.of(report));
        return new CountingDevice(others.open(settings.string("over")), file);
    }
}
