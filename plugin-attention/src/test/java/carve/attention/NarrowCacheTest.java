package carve.attention;

import carve.api.mixer.Mixer;
import carve.api.mixer.MixerDims;
import carve.api.tensor.DType;
import carve.testkit.MixerContract;

/** Keys and values are remembered as BF16. */
final class NarrowCacheTest extends MixerContract {
    @Override
    protected Mixer mixer(MixerDims dims) {
        return new Attention(dims, DType.BF16);
    }

    @Override
    protected double stepTolerance() {
        return 5e-3;
    }
}
