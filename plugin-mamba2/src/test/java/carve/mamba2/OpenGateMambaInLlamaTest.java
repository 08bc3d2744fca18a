package carve.mamba2;

import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.api.mixer.RotaryEmbedding;
import carve.api.param.Init;
import carve.api.param.ParamSpec;
import carve.api.tensor.DType;
import carve.testkit.MixerContract;

/** Biases, an open gate, and one head of x and B repeated to five before a convolution of width 2. */
final class OpenGateMambaInLlamaTest extends MixerContract {
    @Override
    protected Mixer mixer(LayerConfig dims) {
        return new MambaInLlama(
                dims,
                new MambaInLlamaConfig(2, 1, true, true, DType.F32, MambaInLlamaConfig.Initialisation.KQVO_OPEN_GATE));
    }

    @Override
    protected LayerConfig dims() {
        return new LayerConfig(20, 5, 1, 4, true, 1e-5, RotaryEmbedding.NONE);
    }

    // time steps near 1 instead of 0.01, with which the gradients of B and C drown in rounding
    @Override
    protected Init initialValues(ParamSpec spec) {
        return spec.name().equals("dt_bias") ? Init.ZEROS : spec.init();
    }
}
