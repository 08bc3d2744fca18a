package carve.attention;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.config.MapSettings;
import carve.api.config.Settings;
import carve.api.config.SettingsException;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.api.mixer.RotaryEmbedding;
import carve.api.tensor.DType;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class AttentionProviderTest {
    private static final Map<String, Object> DEFAULTS = Map.of(
            "cache",
            "f32",
            "window",
            0,
            "soft-cap",
            0,
            "scale",
            0,
            "qk-norm",
            "none",
            "qk-norm-offset",
            0,
            "sinks",
            false,
            "clip-qkv",
            0);

    private static Settings settings(Map<String, Object> others) {
        Map<String, Object> all = new HashMap<>(DEFAULTS);
        all.putAll(others);
        return MapSettings.of(all, "hybrid.conf: 5");
    }

    private static Mixer mixer(int width, Map<String, Object> settings) {
        var dims = new LayerConfig(20, 2, 1, width, false, 1e-5, new RotaryEmbedding(1e4, width, 4096));
        return new AttentionProvider().create(dims, settings(settings));
    }

    private static DType cache(String name, int width) {
        return ((Attention) mixer(width, Map.of("cache", name))).config().kvCacheType();
    }

    private static void refuses(String message, int width, Map<String, Object> settings) {
        assertEquals(
                "hybrid.conf: 5: key " + message,
                assertThrows(SettingsException.class, () -> mixer(width, settings))
                        .getMessage());
    }

    @Test
    void cachesAreStoredAsSaid() {
        assertEquals(DType.F32, cache("f32", 20));
        assertEquals(DType.BF16, cache("bf16", 20));
        assertEquals(DType.Q8_0, cache("q8_0", 64));
    }

    @Test
    void blocksThatDoNotFitHeadsAreRefused() {
        refuses(
                "'cache' is q8_0, which stores blocks of 32, and heads are 20 wide; use bf16 or f32",
                20,
                Map.of("cache", "q8_0"));
    }

    @Test
    void otherTypesAreRefused() {
        refuses(
                "'cache' is wrong: no storage type of keys and values 'f16'; there are bf16, f32, q8_0 (did you mean 'bf16'?)",
                64,
                Map.of("cache", "f16"));
    }

    @Test
    void everyKeyIsRead() {
        var dims = new LayerConfig(20, 2, 1, 64, false, 1e-5, RotaryEmbedding.NONE);
        Settings defaults = settings(Map.of());
        assertEquals(AttentionConfig.plain(DType.F32), AttentionConfig.from(dims, defaults));
        defaults.requireAllRead();
        Settings others = settings(Map.of(
                "cache",
                "q8_0",
                "window",
                7,
                "soft-cap",
                50,
                "scale",
                0.25,
                "qk-norm",
                "rms-head",
                "qk-norm-offset",
                1,
                "sinks",
                true,
                "clip-qkv",
                8));
        assertEquals(
                new AttentionConfig(DType.Q8_0, 7, 50, 0.25, QkNorm.RMS_HEAD, 1, true, 8),
                AttentionConfig.from(dims, others));
        others.requireAllRead();
    }

    @Test
    void valuesOutOfRangeAreRefused() {
        refuses("'window' must be positive, or 0 for all positions; window=-1", 20, Map.of("window", -1));
        for (String key : new String[] {"soft-cap", "scale", "clip-qkv"}) {
            refuses("'%s' must be a positive number, or 0 for none; %s=-1.0".formatted(key, key), 20, Map.of(key, -1));
            refuses(
                    "'%s' must be a positive number, or 0 for none; %s=Infinity".formatted(key, key),
                    20,
                    Map.of(key, Double.POSITIVE_INFINITY));
        }
        refuses(
                "'qk-norm' must be one of none, rms-head, rms-whole, layer-head, layer-shared, is 'rms-heads'; did you mean"
                        + " 'rms-head'?",
                20,
                Map.of("qk-norm", "rms-heads"));
        refuses(
                "'qk-norm-offset' must be a finite number, and 0 where qk-norm is none; qk-norm-offset=1.0, qk-norm=none",
                20,
                Map.of("qk-norm-offset", 1));
    }
}
