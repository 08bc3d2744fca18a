package carve.attention;

import carve.api.config.Settings;
import carve.api.mixer.LayerConfig;
import carve.api.tensor.DType;

/**
 * The settings of the mixer {@code latent-attention}, by the names that DeepSeek's configurations have.
 *
 * @param cacheType the storage type of the remembered latents: F32, BF16, or Q8_0 where they are blocks of 32 wide
 * @param qLoraRank the width of the latent of queries; 0 if queries are projected in one step
 * @param kvLoraRank R, the width of the latent of keys and values
 * @param qkNopeHeadDim N, the elements of a query and key that are not rotated
 * @param qkRopeHeadDim M, the elements that may be rotated, of which all heads of keys share one
 * @param vHeadDim V, the width of a value
 * @param scale of products of queries and keys; 0 for {@code 1 / sqrt(N + M)}
 * @param epsilon of the norms of latents
 */
public record LatentAttentionConfig(
        DType cacheType,
        int qLoraRank,
        int kvLoraRank,
        int qkNopeHeadDim,
        int qkRopeHeadDim,
        int vHeadDim,
        double scale,
        double epsilon) {
    /** Returns the width of queries and keys. */
    public int qkHeadDim() {
        return qkNopeHeadDim + qkRopeHeadDim;
    }

    /** Returns the width of what is remembered of a position: the latent and the rotated key. */
    public int cacheWidth() {
        return kvLoraRank + qkRopeHeadDim;
    }

    /** Returns the factor of products of queries and keys. */
    double effectiveScale() {
        return scale == 0 ? 1 / Math.sqrt(qkHeadDim()) : scale;
    }

    /**
     * Returns the configuration that settings describe.
     *
     * @throws carve.api.config.SettingsException if a setting is out of range, or does not fit the layer
     */
    public static LatentAttentionConfig from(LayerConfig dims, Settings settings) {
        int rope = width(settings, "qk-rope-head-dim", 1);
        int rotated = dims.rotaryEmbedding().width();
        if (rotated != 0 && rotated != rope) {
            throw settings.error(
                    "qk-rope-head-dim",
                    "is %d, and the model rotates %d elements of a head; both must be the same, or none rotated"
                            .formatted(rope, rotated));
        }
        int latent = width(settings, "kv-lora-rank", 1);
        double epsilon = settings.real("norm-epsilon");
        if (!(epsilon > 0)) {
            throw settings.error("norm-epsilon", "must be positive; norm-epsilon=" + epsilon);
        }
        return new LatentAttentionConfig(
                CacheType.from(settings, latent + rope, "latents with the rotated key"),
                width(settings, "q-lora-rank", 0),
                latent,
                width(settings, "qk-nope-head-dim", 1),
                rope,
                width(settings, "v-head-dim", 1),
                AttentionConfig.magnitude(settings, "scale"),
                epsilon);
    }

    private static int width(Settings settings, String key, int least) {
        int width = settings.integer(key);
        if (width < least) {
            throw settings.error(key, "must be at least %d; %s=%d".formatted(least, key, width));
        }
        return width;
    }
}
