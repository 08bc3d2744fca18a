package carve.models.decoder.gguf;

import carve.api.decoder.DecoderLayer;
import carve.api.decoder.DecoderSpec;
import carve.api.json.JsonObject;
import carve.api.mixer.LayerConfig;
import java.util.Optional;

/**
 * Heads of Mamba-2 whose parameters are zeros, with which its inner width is twice the width of the model, as llama.cpp asserts for
 * {@code granitehybrid}. Their output is zero, and the gated norm is of each group, so that they change nothing; they have groups of
 * their own.
 *
 * @param own the layer as it is
 * @param heads H, with those
 * @param groups G, with those
 */
record PaddedHeads(LayerConfig own, int heads, int groups) {
    static final String MIXER = "plain-mamba2";

    /** Returns the heads that a decoder's layers of Mamba-2 get, if it has such layers. */
    static Optional<PaddedHeads> of(DecoderSpec decoder) {
        return decoder.layers().stream()
                .filter(PaddedHeads::isMamba)
                .findFirst()
                .map(layer -> of(layer.config()));
    }

    private static PaddedHeads of(LayerConfig own) {
        int inGroup = own.heads() / own.kvHeads();
        int wanted = 2 * own.hidden();
        boolean fits = wanted >= inner(own) && wanted % (inGroup * own.headWidth()) == 0;
        int heads = fits ? wanted / own.headWidth() : own.heads();
        return new PaddedHeads(own, heads, heads / inGroup);
    }

    private static int inner(LayerConfig config) {
        return config.heads() * config.headWidth();
    }

    static boolean isMamba(DecoderLayer layer) {
        return layer.mixer().name().equals(MIXER);
    }

    /** Returns a configuration with these heads. */
    JsonObject config(JsonObject config) {
        return heads == own.heads()
                ? config
                : config.with("mamba_n_heads", heads)
                        .with("mamba_d_head", own.headWidth())
                        .with("mamba_n_groups", groups)
                        .with("mamba_expand", heads * own.headWidth() / own.hidden());
    }
}
