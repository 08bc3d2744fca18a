package carve.mamba2;

import carve.api.mixer.Mixer;
import carve.api.mixer.MixerDims;
import carve.api.mixer.Rotary;
import carve.testkit.MixerContract;

/** A convolution of width 4, biases, and one head of keys and values for all; an epsilon that keeps the norm smooth. */
final class WideMamba2Test extends MixerContract {
    @Override
    protected Mixer mixer(MixerDims dims) {
        return new Mamba2(dims, new Mamba2Config(4, 0.1, Mamba2Config.Seed.INHERIT));
    }

    @Override
    protected MixerDims dims() {
        return new MixerDims(20, 5, 1, 4, true, 1e-5, Rotary.NONE);
    }
}
