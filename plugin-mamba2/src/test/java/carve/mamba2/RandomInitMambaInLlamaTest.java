package carve.mamba2;

import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.api.param.Init;
import carve.api.param.ParamSpec;
import carve.api.tensor.DType;
import carve.testkit.MixerContract;

/** A mixer that takes nothing of attention. */
final class RandomInitMambaInLlamaTest extends MixerContract {
    @Override
    protected Mixer mixer(LayerConfig dims) {
        return new MambaInLlama(
                dims, new MambaInLlamaConfig(4, 1, false, false, DType.F32, MambaInLlamaConfig.Initialisation.RANDOM));
    }

    @Override
    protected boolean initialisesFromAttention() {
        return false;
    }

    // time steps near 1 instead of 0.01, with which the gradients of B and C drown in rounding
    @Override
    protected Init initialValues(ParamSpec spec) {
        return spec.name().equals("dt_bias") ? Init.ZEROS : spec.init();
    }
}
