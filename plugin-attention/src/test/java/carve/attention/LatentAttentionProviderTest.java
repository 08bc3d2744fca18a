package carve.attention;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.config.MapSettings;
import carve.api.config.Settings;
import carve.api.config.SettingsException;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.RotaryEmbedding;
import carve.api.tensor.DType;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class LatentAttentionProviderTest {
    private static final LayerConfig DIMS =
            new LayerConfig(20, 2, 2, 4, false, 1e-5, new RotaryEmbedding(1e4, 4, 4096));

    private static Settings settings(Map<String, Object> others) {
        Map<String, Object> all = new HashMap<>(Map.of(
                "cache",
                "f32",
                "q-lora-rank",
                0,
                "kv-lora-rank",
                28,
                "qk-nope-head-dim",
                6,
                "qk-rope-head-dim",
                4,
                "v-head-dim",
                5,
                "scale",
                0,
                "norm-epsilon",
                1e-6));
        all.putAll(others);
        return MapSettings.of(all, "hybrid.conf: 5");
    }

    private static void refuses(String message, Map<String, Object> others) {
        assertEquals(
                "hybrid.conf: 5: key " + message,
                assertThrows(SettingsException.class, () -> LatentAttentionConfig.from(DIMS, settings(others)))
                        .getMessage());
    }

    @Test
    void everyKeyIsRead() {
        Settings settings = settings(Map.of("cache", "q8_0", "q-lora-rank", 7, "scale", 0.5));
        assertEquals(
                new LatentAttention(DIMS, new LatentAttentionConfig(DType.Q8_0, 7, 28, 6, 4, 5, 0.5, 1e-6)),
                new LatentAttentionProvider().create(DIMS, settings));
        settings.requireAllRead();
    }

    @Test
    void valuesThatDoNotFitAreRefused() {
        refuses("'kv-lora-rank' must be at least 1; kv-lora-rank=0", Map.of("kv-lora-rank", 0));
        refuses("'q-lora-rank' must be at least 0; q-lora-rank=-1", Map.of("q-lora-rank", -1));
        refuses("'norm-epsilon' must be positive; norm-epsilon=0.0", Map.of("norm-epsilon", 0));
        refuses(
                "'qk-rope-head-dim' is 6, and the model rotates 4 elements of a head; both must be the same, or none rotated",
                Map.of("qk-rope-head-dim", 6));
        refuses(
                "'cache' is q8_0, which stores blocks of 32, and latents with the rotated key are 20 wide; use bf16 or f32",
                Map.of("cache", "q8_0", "kv-lora-rank", 16));
    }
}
