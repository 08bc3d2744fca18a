package carve.mamba2;

import carve.api.mixer.Mixer;
import carve.api.mixer.MixerDims;
import carve.api.mixer.Rotary;
import carve.api.param.Init;
import carve.api.param.ParamSpec;
import carve.api.tensor.DType;
import carve.testkit.MixerContract;

/** Biases, an open gate, and one head of x and B repeated to five before a convolution of width 2. */
final class OpenMambaInLlamaTest extends MixerContract {
    @Override
    protected Mixer mixer(MixerDims dims) {
        return new MambaInLlama(
                dims, new MambaInLlamaConfig(2, 1, true, true, DType.F32, MambaInLlamaConfig.Seed.KQVO_OPEN_GATE));
    }

    @Override
    protected MixerDims dims() {
        return new MixerDims(20, 5, 1, 4, true, 1e-5, Rotary.NONE);
    }

    // time steps near 1 instead of 0.01, with which the gradients of B and C drown in rounding
    @Override
    protected Init around(ParamSpec spec) {
        return spec.name().equals("dt_bias") ? Init.ZEROS : spec.init();
    }
}
