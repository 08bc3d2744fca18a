package carve.attention;

import carve.api.mixer.Mixer;
import carve.api.mixer.MixerDims;
import carve.api.mixer.Rotary;
import carve.testkit.MixerContract;

/** One key and value head for all, biases, and half of each head rotated. */
final class BiasedAttentionTest extends MixerContract {
    @Override
    protected Mixer mixer(MixerDims dims) {
        return new Attention(dims);
    }

    @Override
    protected MixerDims dims() {
        return new MixerDims(20, 5, 1, 4, true, 1e-5, new Rotary(1e6, 2, 4096, 0));
    }
}
