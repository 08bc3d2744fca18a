package carve.mamba2;

import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.api.mixer.RotaryEmbedding;
import carve.testkit.MixerContract;

/** A convolution of width 4, biases, and one head of keys and values for all; an epsilon that keeps the norm smooth. */
final class MultiQueryMamba2Test extends MixerContract {
    @Override
    protected Mixer mixer(LayerConfig dims) {
        return new Mamba2(dims, new Mamba2Config(4, 0.1, Mamba2Config.Initialisation.INHERIT));
    }

    @Override
    protected LayerConfig dims() {
        return new LayerConfig(20, 5, 1, 4, true, 1e-5, RotaryEmbedding.NONE);
    }
}
