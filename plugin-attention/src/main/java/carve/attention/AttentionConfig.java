package carve.attention;

import carve.api.config.Settings;
import carve.api.mixer.LayerConfig;
import carve.api.tensor.DType;

/**
 * The settings of the mixer {@code attention}.
 *
 * @param kvCacheType the storage type of remembered keys and values: F32, BF16, or Q8_0 where heads are blocks of 32 wide
 * @param window how many positions a query sees, its own included; 0 for all
 * @param softCap what scores stay below in magnitude; 0 for no cap
 * @param scale of products of queries and keys; 0 for {@code 1 / sqrt(K)}
 * @param qkNorm the norms of queries and keys
 * @param qkNormOffset added to the weights of these norms
 * @param sinks whether each head has one more score in the denominator of the softmax
 * @param clipQkv the magnitude to which queries, keys and values are limited; 0 for no limit
 */
public record AttentionConfig(
        DType kvCacheType,
        int window,
        double softCap,
        double scale,
        QkNorm qkNorm,
        double qkNormOffset,
        boolean sinks,
        double clipQkv) {
    /** Returns attention as Llama has it, whose cache has a storage type. */
    public static AttentionConfig plain(DType kvCacheType) {
        return new AttentionConfig(kvCacheType, 0, 0, 0, QkNorm.NONE, 0, false, 0);
    }

    /**
     * Returns the configuration that settings describe.
     *
     * @throws carve.api.config.SettingsException if a setting is out of range, or does not fit the layer
     */
    public static AttentionConfig from(LayerConfig dims, Settings settings) {
        int window = settings.integer("window");
        if (window < 0) {
            throw settings.error("window", "must be positive, or 0 for all positions; window=" + window);
        }
        QkNorm norm = settings.enumConstant("qk-norm", QkNorm.class);
        double offset = settings.real("qk-norm-offset");
        if (!Double.isFinite(offset) || offset != 0 && norm == QkNorm.NONE) {
            throw settings.error(
                    "qk-norm-offset",
                    "must be a finite number, and 0 where qk-norm is none; qk-norm-offset=%s, qk-norm=%s"
                            .formatted(offset, Settings.enumConstant(norm)));
        }
        return new AttentionConfig(
                CacheType.from(settings, dims.headWidth(), "heads"),
                window,
                magnitude(settings, "soft-cap"),
                magnitude(settings, "scale"),
                norm,
                offset,
                settings.flag("sinks"),
                magnitude(settings, "clip-qkv"));
    }

    /** Returns a setting that is a positive number, or 0 for none. */
    static double magnitude(Settings settings, String key) {
        double value = settings.real(key);
        if (!(value >= 0) || value == Double.POSITIVE_INFINITY) {
            throw settings.error(key, "must be a positive number, or 0 for none; %s=%s".formatted(key, value));
        }
        return value;
    }
}
