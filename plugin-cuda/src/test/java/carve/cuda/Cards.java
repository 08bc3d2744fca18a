package carve.cuda;

import carve.api.config.MapSettings;
import carve.api.device.Availability;
import carve.api.device.Device;
import java.util.Map;

/** The card of this machine, if it has one. */
final class Cards {
    private Cards() {}

    /** Opens the card; where there is none, the test is left out and says why. */
    static Device open() {
        var provider = new CudaDeviceProvider();
        Availability found = provider.probe();
        String reason = found instanceof Availability.Unavailable(var why) ? why : "";
        Needs.that(reason.isEmpty(), reason);
        String libraries = System.getProperty("carve.cuda.libraries", "");
        boolean graphs = Boolean.getBoolean("carve.cuda.graphs");
        return provider.open(MapSettings.of(Map.of("libraries", libraries, "graphs", graphs)));
    }
}
