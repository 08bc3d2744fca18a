package carve.mamba2;

import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.api.param.Init;
import carve.api.param.ParamSpec;
import carve.testkit.MixerContract;
import org.junit.jupiter.api.Nested;

/** The laws of mixers on Mamba-2 of its own language models; epsilons keep the norm smooth. */
final class PlainMamba2Test {
    /** The laws, on one configuration. */
    abstract static class ConfigContract extends MixerContract {
        private final PlainMamba2Config config;

        ConfigContract(PlainMamba2Config config) {
            this.config = config;
        }

        @Override
        protected Mixer mixer(LayerConfig dims) {
            return new PlainMamba2(dims, config);
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

    @Nested
    final class ReleasedConfig extends ConfigContract {
        ReleasedConfig() {
            super(new PlainMamba2Config(4, true, 1, 5, 1, 0, Double.POSITIVE_INFINITY));
        }
    }

    /** Two parts of the norm, no bias of the convolution, bounded time steps that no value reaches. */
    @Nested
    final class GroupedNorm extends ConfigContract {
        GroupedNorm() {
            super(new PlainMamba2Config(2, false, 1, 3, 2, 1e-6, 1e3));
        }
    }
}
