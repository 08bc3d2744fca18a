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
            boolean seeded = initialisesFromAttention();
            LayerConfig own = new LayerConfig(
                    dims.hidden(),
                    dims.heads(),
                    seeded ? dims.heads() : dims.kvHeads(),
                    dims.headWidth(),
                    dims.bias(),
                    dims.epsilon(),
                    dims.rotaryEmbedding());
            PlainMamba2Config sized = new PlainMamba2Config(
                    config.convWidth(),
                    config.convBias(),
                    config.epsilon(),
                    seeded ? dims.headWidth() : config.stateSize(),
                    config.normGroups(),
                    config.minTimeStep(),
                    config.maxTimeStep(),
                    config.init());
            return new PlainMamba2(own, sized);
        }

        @Override
        protected boolean initialisesFromAttention() {
            return config.init() != MambaInLlamaConfig.Initialisation.RANDOM;
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
            super(new PlainMamba2Config(
                    4, true, 1, 5, 1, 0, Double.POSITIVE_INFINITY, MambaInLlamaConfig.Initialisation.RANDOM));
        }
    }

    /** Two parts of the norm, no bias of the convolution, bounded time steps that no value reaches. */
    @Nested
    final class GroupedNorm extends ConfigContract {
        GroupedNorm() {
            super(new PlainMamba2Config(2, false, 1, 3, 2, 1e-6, 1e3, MambaInLlamaConfig.Initialisation.RANDOM));
        }
    }

    /** Projections of attention, B and C of each head. */
    @Nested
    final class FromAttention extends ConfigContract {
        FromAttention() {
            super(new PlainMamba2Config(
                    4, true, 1, 0, 2, 0, Double.POSITIVE_INFINITY, MambaInLlamaConfig.Initialisation.KQVO_IDENTITY));
        }

        @Override
        protected Init initialValues(ParamSpec spec) {
            return switch (spec.name()) {
                case "conv1d.weight" -> Init.fanIn(4);
                case "D" -> Init.ONES;
                default -> super.initialValues(spec);
            };
        }
    }
}
