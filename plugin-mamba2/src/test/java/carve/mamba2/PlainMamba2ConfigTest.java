package carve.mamba2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.config.MapSettings;
import carve.api.config.Settings;
import carve.api.config.SettingsException;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.RotaryEmbedding;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class PlainMamba2ConfigTest {
    private static final LayerConfig DIMS = new LayerConfig(24, 4, 2, 12, false, 1e-5, RotaryEmbedding.NONE);

    private static Settings settings(Map<String, Object> set) {
        Map<String, Object> all = new HashMap<>(Map.of(
                "conv-width",
                4,
                "conv-bias",
                true,
                "norm-epsilon",
                1e-5,
                "state-width",
                128,
                "norm-groups",
                1,
                "min-step",
                0.0,
                "max-step",
                "Infinity",
                "init",
                "random"));
        all.putAll(set);
        return MapSettings.of(all, "hybrid.conf: 5");
    }

    @Test
    void everyKeyIsRead() {
        Settings settings = settings(Map.of(
                "conv-width",
                3,
                "conv-bias",
                false,
                "norm-epsilon",
                1e-6,
                "state-width",
                64,
                "norm-groups",
                2,
                "min-step",
                0.5,
                "max-step",
                1.5));
        assertEquals(
                new PlainMamba2Config(3, false, 1e-6, 64, 2, 0.5, 1.5, MambaInLlamaConfig.Initialisation.RANDOM),
                PlainMamba2Config.from(settings, DIMS));
        settings.requireAllRead();
        assertEquals(
                new PlainMamba2Config(
                        4, true, 1e-5, 128, 1, 0, Double.POSITIVE_INFINITY, MambaInLlamaConfig.Initialisation.RANDOM),
                PlainMamba2Config.from(settings(Map.of()), DIMS));
    }

    @Test
    void refusesWhatIsOutOfRange() {
        assertMessage("key 'conv-width' must be from 1 to 8; conv-width=0", Map.of("conv-width", 0));
        assertMessage("key 'state-width' must be from 0 to 1024; state-width=1025", Map.of("state-width", 1025));
        assertMessage(
                "key 'norm-epsilon' must be positive, or 0 for that of the model's norms, 1.0E-5; norm-epsilon=-1.0",
                Map.of("norm-epsilon", -1.0));
        assertMessage("key 'norm-groups' must divide 4 heads; norm-groups=3", Map.of("norm-groups", 3));
        assertMessage(
                "key 'max-step' must exceed min-step 2.0, which is at least 0; max-step=1.0",
                Map.of("min-step", 2.0, "max-step", 1.0));
    }

    @Test
    void zeroIsWhatTheModelHas() {
        LayerConfig dims = new LayerConfig(24, 4, 2, 12, false, 3e-6, RotaryEmbedding.NONE);
        PlainMamba2Config config =
                PlainMamba2Config.from(settings(Map.of("state-width", 0, "norm-groups", 0, "norm-epsilon", 0.0)), dims);
        assertEquals(3e-6, config.epsilon());
        assertEquals(12, config.stateSize());
        assertEquals(2, config.normGroups());
    }

    @Test
    void attentionFitsOnlyWithBAndCOfEachHead() {
        String message = "key 'init' takes B and C of each head from keys and queries; set groups = heads and"
                + " state-width = 0 (12)";
        assertMessage(message, Map.of("init", "kqvo"));
        assertMessage(message, Map.of("init", "kqvo", "state-width", 0));
        Settings settings = settings(Map.of("init", "kqvo", "groups", "heads", "state-width", 0));
        assertEquals(
                MambaInLlamaConfig.Initialisation.KQVO,
                PlainMamba2Config.from(settings, PlainMamba2Config.dims(settings, DIMS))
                        .init());
        assertMessage(
                "key 'init' is kqvo-open-gate, which needs a bias of the gate; use kqvo-identity",
                Map.of("init", "kqvo-open-gate"));
    }

    private static void assertMessage(String message, Map<String, Object> set) {
        Settings settings = settings(set);
        assertEquals(
                "hybrid.conf: 5: " + message,
                assertThrows(SettingsException.class, () -> PlainMamba2Config.from(settings, DIMS))
                        .getMessage());
    }
}
