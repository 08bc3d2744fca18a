package carve.attention;

import carve.api.mixer.Mixer;
import carve.api.mixer.MixerDims;
import carve.api.mixer.Rotary;
import carve.api.tensor.DType;
import carve.testkit.MixerContract;

/** Keys and values are remembered in blocks of 8 bits; heads are as wide as a block. */
final class QuantisedCacheTest extends MixerContract {
    @Override
    protected Mixer mixer(MixerDims dims) {
        return new Attention(dims, DType.Q8_0);
    }

    @Override
    protected MixerDims dims() {
        return new MixerDims(20, 2, 1, 32, false, 1e-5, new Rotary(1e4, 32, 4096, 0));
    }

    @Override
    protected double stepTolerance() {
        return 2e-2;
    }
}
