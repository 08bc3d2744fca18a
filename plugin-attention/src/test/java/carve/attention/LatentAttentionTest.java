package carve.attention;

import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.api.mixer.RotaryEmbedding;
import carve.api.op.Rope;
import carve.api.tensor.DType;
import carve.testkit.MixerContract;
import org.junit.jupiter.api.Nested;

/** The laws of mixers, for latent attention. */
final class LatentAttentionTest {
    private static LayerConfig dims(boolean bias, RotaryEmbedding rotary) {
        return new LayerConfig(24, 4, 4, 4, bias, 1e-5, rotary);
    }

    private static RotaryEmbedding interleaved() {
        return new RotaryEmbedding(1e4, 4, 4096).withPairing(Rope.Pairing.INTERLEAVED);
    }

    /** The laws, for a mixer that takes nothing from other attention. */
    abstract static class Contract extends MixerContract {
        @Override
        protected boolean initialisesFromAttention() {
            return false;
        }

        @Override
        protected LayerConfig dims() {
            return LatentAttentionTest.dims(false, interleaved());
        }
    }

    /** Queries from a latent, and biases, as in DeepSeek-V3 with attention_bias. */
    @Nested
    final class QueriesFromLatent extends Contract {
        @Override
        protected Mixer mixer(LayerConfig dims) {
            return new LatentAttention(dims, new LatentAttentionConfig(DType.F32, 7, 9, 5, 4, 3, 0.4, 1e-6));
        }

        @Override
        protected LayerConfig dims() {
            return LatentAttentionTest.dims(true, interleaved());
        }
    }

    /** Queries in one step, as in DeepSeek-V2-Lite. */
    @Nested
    final class QueriesInOneStep extends Contract {
        @Override
        protected Mixer mixer(LayerConfig dims) {
            return new LatentAttention(dims, new LatentAttentionConfig(DType.F32, 0, 9, 5, 4, 6, 0, 1e-6));
        }
    }

    /** No rotation, as in Kimi Linear. */
    @Nested
    final class Unrotated extends Contract {
        @Override
        protected Mixer mixer(LayerConfig dims) {
            return new LatentAttention(dims, new LatentAttentionConfig(DType.F32, 0, 9, 5, 4, 6, 0, 1e-6));
        }

        @Override
        protected LayerConfig dims() {
            return LatentAttentionTest.dims(false, RotaryEmbedding.NONE);
        }
    }

    /** Latents remembered as BF16. */
    @Nested
    final class Bf16Cache extends Contract {
        @Override
        protected Mixer mixer(LayerConfig dims) {
            return new LatentAttention(dims, new LatentAttentionConfig(DType.BF16, 0, 9, 5, 4, 6, 0, 1e-6));
        }

        @Override
        protected double stepTolerance() {
            return 5e-3;
        }
    }
}
