package carve.runtime.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.config.Settings;
import carve.api.device.Availability;
import carve.api.device.Device;
import carve.api.device.DeviceException;
import carve.api.device.DeviceProvider;
import carve.api.device.KernelPolicy;
import carve.runtime.catalog.Catalogs;
import java.util.List;
import org.junit.jupiter.api.Test;

final class DeviceSelectorTest {
    /** A device that seems to be there, and is not. */
    private static final class Broken implements DeviceProvider {
        @Override
        public String name() {
            return "broken";
        }

        @Override
        public Availability probe() {
            return new Availability.Available(1000, "seems fine");
        }

        @Override
        public Device open(Settings settings) {
            throw new DeviceException("its driver is too old");
        }
    }

    private static DeviceSelector choice(String wanted) {
        Catalogs catalogs = Catalogs.of(List.of(new Broken(), new ReferenceDeviceProvider()));
        return new DeviceSelector(catalogs.devices(), wanted, KernelPolicy.PREFERRED);
    }

    @Test
    void automaticChoiceGoesOnWhereADeviceCannotBeOpened() {
        try (Device device = choice(DeviceSelector.AUTO).open()) {
            assertEquals("reference", device.name());
        }
    }

    @Test
    void deviceThatIsNamedIsOpenedOrRefused() {
        var refusal = assertThrows(DeviceException.class, () -> choice("broken").open());
        assertEquals("its driver is too old", refusal.getMessage());
    }
}
