package carve.attention;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.mixer.ActivationHook;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.api.mixer.RotaryEmbedding;
import carve.api.op.Heads;
import carve.api.op.Linear;
import carve.api.op.RmsNorm;
import carve.api.op.SequenceLayout;
import carve.api.param.ParamStore;
import carve.api.param.Params;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.testkit.RandomTensors;
import carve.testkit.TensorAssertions;
import carve.testkit.TensorValues;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

/** The matrix that attention publishes, times values, is what its heads have, however rows are divided. */
final class AttentionMatrixTest {
    private static final LayerConfig DIMS =
            new LayerConfig(24, 4, 2, 6, false, 1e-5, new RotaryEmbedding(1e4, 6, 4096));

    private static Map<String, Tensor> published(Mixer mixer, Params p, Tensor x, SequenceLayout layout) {
        Map<String, Tensor> published = new HashMap<>();
        mixer.forward(p, x, layout, new ActivationHook() {
            @Override
            public boolean wants(String name) {
                return name.equals(HEADS) || name.equals(MATRIX);
            }

            @Override
            public void publish(String name, Tensor value) {
                published.put(name, value);
            }
        });
        return published;
    }

    private static Tensor input(Device device, int rows, int positions) {
        Shape shape = Shape.of(rows, positions, DIMS.hidden());
        return TensorValues.upload(
                device,
                new TensorType(DType.F32, shape),
                RandomTensors.seeded().normals("x", Math.toIntExact(shape.size())));
    }

    private static void assertLaw(Mixer mixer, BiFunction<Params, Tensor, Tensor> values) {
        try (Device device = new ReferenceDevice();
                ParamStore p = ParamStore.initial(device, mixer.parameters(), 42)) {
            for (SequenceLayout layout : List.of(
                    SequenceLayout.unpadded(2, 7),
                    SequenceLayout.packed(0, 3, 4, 9),
                    SequenceLayout.padded(5, 5, 3, 0))) {
                Tensor x = input(device, layout.batch(), layout.positions());
                Map<String, Tensor> published = published(mixer, p, x, layout);
                Tensor matrix = published.get(ActivationHook.MATRIX);
                Tensor v = Heads.transpose(Heads.repeat(values.apply(p, x), DIMS.heads()));
                TensorAssertions.assertClose(
                        mixer + " of " + layout,
                        published.get(ActivationHook.HEADS),
                        Heads.transpose(matrix.matmul(v)),
                        1e-5,
                        1e-6);
            }
        }
    }

    private static Attention attention(int window, double softCap, boolean sinks) {
        return new Attention(DIMS, new AttentionConfig(DType.F32, window, softCap, 0, QkNorm.NONE, 0, sinks, 0));
    }

    @Test
    void matrixTimesValuesIsTheHeads() {
        for (Mixer mixer : List.of(attention(0, 0, false), attention(3, 1.5, false), attention(0, 0, true))) {
            assertLaw(mixer, (p, x) -> Heads.split(Linear.apply(x, p.get("v_proj.weight")), DIMS.headWidth()));
        }
    }

    @Test
    void matrixTimesValuesIsTheHeadsOfLatentAttention() {
        LatentAttentionConfig config = new LatentAttentionConfig(DType.F32, 0, 9, 5, 4, 6, 0, 1e-6);
        LayerConfig dims = new LayerConfig(24, 4, 4, 4, false, 1e-5, new RotaryEmbedding(1e4, 4, 4096));
        int width = config.qkNopeHeadDim() + config.vHeadDim();
        assertLaw(new LatentAttention(dims, config), (p, x) -> {
            Tensor latent = Linear.apply(x, p.get("kv_a_proj_with_mqa.weight")).slice(2, 0, config.kvLoraRank());
            Tensor normed = RmsNorm.apply(latent, p.get("kv_a_layernorm.weight"), config.epsilon());
            return Heads.split(Linear.apply(normed, p.get("kv_b_proj.weight")), width)
                    .slice(3, config.qkNopeHeadDim(), width);
        });
    }

    @Test
    void rowsOfWeightsSumToOneAndHaveGradients() {
        Mixer mixer = attention(0, 0, false);
        try (Device device = new ReferenceDevice();
                ParamStore p = ParamStore.initial(device, mixer.parameters(), 42)) {
            Tape tape = new Tape();
            Tensor weight = tape.watch(p.get("q_proj.weight"));
            Tensor matrix = published(
                            mixer,
                            Params.overlay(Map.of("q_proj.weight", weight), p),
                            input(device, 2, 5),
                            SequenceLayout.unpadded(2, 5))
                    .get(ActivationHook.MATRIX);
            assertEquals(Shape.of(2, 4, 5, 5), matrix.shape());
            for (double sum : TensorValues.of(matrix.sum(3))) {
                assertEquals(1, sum, 1e-6);
            }
            Tensor gradient = tape.gradients(matrix.multiply(matrix).sum(), List.of(weight))
                    .getFirst();
            assertEquals(true, DoubleStream.of(TensorValues.of(gradient)).anyMatch(g -> Math.abs(g) > 1e-4));
        }
    }
}
