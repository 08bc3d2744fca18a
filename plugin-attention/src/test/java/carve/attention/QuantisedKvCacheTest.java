package carve.attention;

import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.api.mixer.RotaryEmbedding;
import carve.api.tensor.DType;
import carve.testkit.MixerContract;

/** Keys and values are remembered in blocks of 8 bits; heads are as wide as a block. */
final class QuantisedKvCacheTest extends MixerContract {
    @Override
    protected Mixer mixer(LayerConfig dims) {
        return new Attention(dims, AttentionConfig.plain(DType.Q8_0));
    }

    @Override
    protected LayerConfig dims() {
        return new LayerConfig(20, 2, 1, 32, false, 1e-5, new RotaryEmbedding(1e4, 32, 4096));
    }

    @Override
    protected double stepTolerance() {
        return 2e-2;
    }
}
