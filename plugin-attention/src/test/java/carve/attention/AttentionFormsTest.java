package carve.attention;

import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.api.mixer.RopeScaling;
import carve.api.mixer.RotaryEmbedding;
import carve.api.op.Rope;
import carve.api.tensor.DType;
import carve.testkit.MixerContract;
import java.util.List;
import org.junit.jupiter.api.Nested;

/** The laws of mixers, with the settings of the families that differ from Llama. */
final class AttentionFormsTest {
    private static Mixer with(LayerConfig dims, QkNorm norm, double offset) {
        return new Attention(dims, new AttentionConfig(DType.F32, 0, 0, 0, norm, offset, false, 0));
    }

    /** A window, as in Mistral and Gemma. */
    @Nested
    final class Window extends MixerContract {
        @Override
        protected Mixer mixer(LayerConfig dims) {
            return new Attention(dims, new AttentionConfig(DType.F32, 5, 0, 0, QkNorm.NONE, 0, false, 0));
        }
    }

    /** A window of the own position alone. */
    @Nested
    final class NarrowWindow extends MixerContract {
        @Override
        protected Mixer mixer(LayerConfig dims) {
            return new Attention(dims, new AttentionConfig(DType.F32, 1, 0, 0, QkNorm.NONE, 0, false, 0));
        }
    }

    /** A soft cap and a scale, as in Gemma 2. */
    @Nested
    final class SoftCap extends MixerContract {
        @Override
        protected Mixer mixer(LayerConfig dims) {
            return new Attention(dims, new AttentionConfig(DType.F32, 9, 1.5, 0.3, QkNorm.NONE, 0, false, 0));
        }
    }

    /** Sinks, a window and biases, as in gpt-oss. */
    @Nested
    final class Sinks extends MixerContract {
        @Override
        protected Mixer mixer(LayerConfig dims) {
            return new Attention(dims, new AttentionConfig(DType.F32, 8, 0, 0, QkNorm.NONE, 0, true, 0));
        }

        @Override
        protected LayerConfig dims() {
            return new LayerConfig(24, 4, 2, 6, true, 1e-5, new RotaryEmbedding(1e4, 6, 4096));
        }
    }

    /** Norms of heads, as in Qwen3. */
    @Nested
    final class RmsHead extends MixerContract {
        @Override
        protected Mixer mixer(LayerConfig dims) {
            return with(dims, QkNorm.RMS_HEAD, 0);
        }
    }

    /** Norms of heads whose weights are stored as the difference from 1, as in Gemma 3. */
    @Nested
    final class RmsHeadWithOffset extends MixerContract {
        @Override
        protected Mixer mixer(LayerConfig dims) {
            return with(dims, QkNorm.RMS_HEAD, 1);
        }
    }

    /** Norms of whole projections, as in OLMo 2, a limit, as in OLMoE, and no rotation, as in layers of SmolLM3. */
    @Nested
    final class RmsWhole extends MixerContract {
        @Override
        protected Mixer mixer(LayerConfig dims) {
            return new Attention(dims, new AttentionConfig(DType.F32, 0, 0, 0, QkNorm.RMS_WHOLE, 0, false, 3));
        }

        @Override
        protected LayerConfig dims() {
            return new LayerConfig(24, 4, 2, 6, false, 1e-5, RotaryEmbedding.NONE);
        }
    }

    /** Norms with a weight for each head, as in Cohere, and neighbours that are rotated together. */
    @Nested
    final class LayerHead extends MixerContract {
        @Override
        protected Mixer mixer(LayerConfig dims) {
            return with(dims, QkNorm.LAYER_HEAD, 0);
        }

        @Override
        protected LayerConfig dims() {
            RotaryEmbedding half = new RotaryEmbedding(1e4, 4, 4096);
            return new LayerConfig(24, 4, 2, 6, false, 1e-5, half.withPairing(Rope.Pairing.INTERLEAVED));
        }
    }

    /** Norms with weight and bias for all heads, as in Phi. */
    @Nested
    final class LayerShared extends MixerContract {
        @Override
        protected Mixer mixer(LayerConfig dims) {
            return with(dims, QkNorm.LAYER_SHARED, 0);
        }
    }

    /** Frequencies with factors, as in Phi-3; sequences are shorter than the original positions. */
    @Nested
    final class LongRope extends MixerContract {
        @Override
        protected Mixer mixer(LayerConfig dims) {
            return new Attention(dims);
        }

        @Override
        protected LayerConfig dims() {
            var scaling = new RopeScaling.LongRope(List.of(1.0, 1.5), List.of(2.0, 4.0), 4096, 1.2);
            return new LayerConfig(24, 4, 2, 6, false, 1e-5, new RotaryEmbedding(1e4, 4, 8192, scaling));
        }
    }
}
