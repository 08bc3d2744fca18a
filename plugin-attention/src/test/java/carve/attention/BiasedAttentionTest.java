package carve.attention;

import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.api.mixer.RotaryEmbedding;
import carve.testkit.MixerContract;

/** One key and value head for all, biases, and half of each head rotated. */
final class BiasedAttentionTest extends MixerContract {
    @Override
    protected Mixer mixer(LayerConfig dims) {
        return new Attention(dims);
    }

    @Override
    protected LayerConfig dims() {
        return new LayerConfig(20, 5, 1, 4, true, 1e-5, new RotaryEmbedding(1e6, 2, 4096));
    }
}
