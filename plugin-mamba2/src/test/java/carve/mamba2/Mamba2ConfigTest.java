package carve.mamba2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.config.MapSettings;
import carve.api.config.Settings;
import carve.api.config.SettingsException;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class Mamba2ConfigTest {
    private static Settings settings(Object width, Object epsilon, String init) {
        return MapSettings.of(Map.of("conv-width", width, "norm-epsilon", epsilon, "init", init), "hybrid.conf: 5");
    }

    @Test
    void everyKeyIsRead() {
        Settings settings = settings(4, 1e-6, "inherit");
        assertEquals(new Mamba2Config(4, 1e-6, Mamba2Config.Initialisation.INHERIT), Mamba2Config.from(settings));
        settings.requireAllRead();
    }

    @Test
    void refusesWhatIsOutOfRange() {
        assertMessage("hybrid.conf: 5: key 'conv-width' must be from 1 to 8; conv-width=0", settings(0, 1e-5, "mimic"));
        assertMessage(
                "hybrid.conf: 5: key 'norm-epsilon' must be positive; norm-epsilon=0.0", settings(2, 0.0, "mimic"));
        assertMessage(
                "hybrid.conf: 5: key 'init' is wrong: no initialisation 'mimik'; there are inherit, mimic, scratch (did you mean"
                        + " 'mimic'?)",
                settings(2, 1e-5, "mimik"));
    }

    private static void assertMessage(String message, Settings settings) {
        assertEquals(
                message,
                assertThrows(SettingsException.class, () -> Mamba2Config.from(settings))
                        .getMessage());
    }

    @Test
    void theOldNameOfInitIsRefusedWithTheNewOne() {
        Settings settings = MapSettings.of(
                Map.of("conv-width", 2, "norm-epsilon", 1e-5, "init", "mimic", "seed", "mimic"), "hybrid.conf: 5");
        Mamba2Config.from(settings);
        assertEquals(
                "hybrid.conf: 5: key 'seed' was not used; it is now called 'init'",
                assertThrows(SettingsException.class, settings::requireAllRead).getMessage());
    }
}
