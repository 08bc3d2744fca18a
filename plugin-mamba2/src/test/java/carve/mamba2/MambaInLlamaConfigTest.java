package carve.mamba2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.config.MapSettings;
import carve.api.config.Settings;
import carve.api.config.SettingsException;
import carve.api.tensor.DType;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class MambaInLlamaConfigTest {
    static final MambaInLlamaConfig DEFAULTS =
            new MambaInLlamaConfig(4, 1e-5, false, false, DType.F32, MambaInLlamaConfig.Initialisation.KQVO);

    private static Settings settings(Map<String, Object> set) {
        Map<String, Object> all = new HashMap<>(Map.of(
                "conv-width",
                4,
                "norm-epsilon",
                1e-5,
                "bias",
                false,
                "repeat-before-conv",
                false,
                "state",
                "f32",
                "init",
                "kqvo"));
        all.putAll(set);
        return MapSettings.of(all, "hybrid.conf: 5");
    }

    @Test
    void everyKeyIsRead() {
        Settings settings = settings(Map.of(
                "conv-width",
                2,
                "norm-epsilon",
                1e-6,
                "bias",
                true,
                "repeat-before-conv",
                true,
                "state",
                "f16",
                "init",
                "kqvo-open-gate"));
        assertEquals(
                new MambaInLlamaConfig(
                        2, 1e-6, true, true, DType.F16, MambaInLlamaConfig.Initialisation.KQVO_OPEN_GATE),
                MambaInLlamaConfig.from(settings));
        settings.requireAllRead();
        assertEquals(DEFAULTS, MambaInLlamaConfig.from(settings(Map.of())));
    }

    @Test
    void refusesWhatIsOutOfRange() {
        assertMessage("key 'conv-width' must be from 1 to 8; conv-width=9", Map.of("conv-width", 9));
        assertMessage("key 'norm-epsilon' must be positive; norm-epsilon=-1.0", Map.of("norm-epsilon", -1.0));
        assertMessage(
                "key 'init' is wrong: no initialisation 'kqv'; there are kqvo, kqvo-identity, kqvo-open-gate, random (did you mean"
                        + " 'kqvo'?)",
                Map.of("init", "kqv"));
        assertMessage(
                "key 'init' is kqvo-open-gate, which opens the gate by its bias; set bias = true",
                Map.of("init", "kqvo-open-gate"));
        assertMessage(
                "key 'state' is wrong: no storage type of states 'f64'; there are bf16, f16, f32",
                Map.of("state", "f64"));
    }

    private static void assertMessage(String message, Map<String, Object> set) {
        Settings settings = settings(set);
        assertEquals(
                "hybrid.conf: 5: " + message,
                assertThrows(SettingsException.class, () -> MambaInLlamaConfig.from(settings))
                        .getMessage());
    }
}
