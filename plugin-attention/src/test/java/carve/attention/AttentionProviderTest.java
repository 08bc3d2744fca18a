package carve.attention;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.config.MapSettings;
import carve.api.config.SettingsException;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.RotaryEmbedding;
import carve.api.tensor.DType;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class AttentionProviderTest {
    private static Attention mixer(String cache, int width) {
        var dims = new LayerConfig(20, 2, 1, width, false, 1e-5, new RotaryEmbedding(1e4, width, 4096));
        return (Attention)
                new AttentionProvider().create(dims, MapSettings.of(Map.of("cache", cache), "hybrid.conf: 5"));
    }

    @Test
    void cachesAreStoredAsSaid() {
        assertEquals(DType.F32, mixer("f32", 20).kvCacheType());
        assertEquals(DType.BF16, mixer("bf16", 20).kvCacheType());
        assertEquals(DType.Q8_0, mixer("q8_0", 64).kvCacheType());
    }

    @Test
    void blocksThatDoNotFitHeadsAreRefused() {
        String message =
                assertThrows(SettingsException.class, () -> mixer("q8_0", 20)).getMessage();
        assertEquals(
                "hybrid.conf: 5: key 'cache' is q8_0, which stores blocks of 32, and heads are 20 wide; use bf16 or f32",
                message);
    }

    @Test
    void otherTypesAreRefused() {
        String message =
                assertThrows(SettingsException.class, () -> mixer("f16", 64)).getMessage();
        assertEquals(
                "hybrid.conf: 5: key 'cache' is wrong: no storage type of keys and values 'f16'; there are bf16, f32, q8_0 (did you mean 'bf16'?)",
                message);
    }
}
