package carve.mamba2;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.mixer.ActivationHook;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.api.mixer.RotaryEmbedding;
import carve.api.op.CausalConv;
import carve.api.op.GatedRmsNorm;
import carve.api.op.Heads;
import carve.api.op.Linear;
import carve.api.op.SequenceLayout;
import carve.api.param.ParamStore;
import carve.api.param.Params;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import carve.mamba2.MambaInLlamaConfig.Initialisation;
import carve.testkit.RandomTensors;
import carve.testkit.TensorAssertions;
import carve.testkit.TensorValues;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The matrix of each form of Mamba-2 times its values, then skip connection, gate and norm, is what its heads have. */
final class Mamba2MatrixTest {
    private static final LayerConfig DIMS =
            new LayerConfig(24, 4, 2, 6, false, 1e-5, new RotaryEmbedding(1e4, 6, 4096));
    private static final int CONV = 3;
    private static final double EPSILON = 1e-5;

    /** The part of a mixer that follows its scan. */
    private interface Rest {
        Tensor heads(Params p, Tensor x, SequenceLayout layout, Tensor matrix);
    }

    private static void assertLaw(Mixer mixer, Rest rest) {
        try (Device device = new ReferenceDevice();
                ParamStore p = ParamStore.initial(device, mixer.parameters(), 42)) {
            for (SequenceLayout layout : List.of(
                    SequenceLayout.unpadded(2, 7),
                    SequenceLayout.unpadded(1, 70),
                    SequenceLayout.packed(0, 3, 4, 9),
                    SequenceLayout.padded(5, 5, 3, 1))) {
                Shape shape = Shape.of(layout.batch(), layout.positions(), DIMS.hidden());
                Tensor x = TensorValues.upload(
                        device,
                        new TensorType(DType.F32, shape),
                        RandomTensors.seeded().normals("x", Math.toIntExact(shape.size())));
                Map<String, Tensor> published = new HashMap<>();
                mixer.forward(p, x, layout, recording(published));
                TensorAssertions.assertClose(
                        mixer + " of " + layout,
                        published.get(ActivationHook.HEADS),
                        rest.heads(p, x, layout, published.get(ActivationHook.MATRIX)),
                        1e-4,
                        1e-5);
            }
        }
    }

    private static ActivationHook recording(Map<String, Tensor> published) {
        return new ActivationHook() {
            @Override
            public boolean wants(String name) {
                return name.equals(HEADS) || name.equals(MATRIX);
            }

            @Override
            public void publish(String name, Tensor value) {
                published.put(name, value);
            }
        };
    }

    // the first channels of the convolution are those of values, (B, T, G, P)
    private static Tensor values(Params p, Tensor x, SequenceLayout layout) {
        int channels = x.extent(2);
        Tensor state = Tensors.zeros(x.device(), Shape.of(layout.count(), channels, CONV - 1));
        Tensor convolved = Tensors.apply(
                        new CausalConv(true, layout),
                        x,
                        p.get("conv1d.weight").slice(0, 0, channels),
                        p.get("conv1d.bias").slice(0, 0, channels),
                        state)
                .getFirst();
        return Heads.repeat(Heads.split(convolved, DIMS.headWidth()), DIMS.heads());
    }

    private static Tensor times(Tensor matrix, Tensor values) {
        return Heads.transpose(matrix.matmul(Heads.transpose(values)));
    }

    private static Tensor withSkip(Params p, Tensor y, Tensor values) {
        return y.add(values.multiply(p.get("D").reshape(DIMS.heads(), 1)));
    }

    @Test
    void matrixTimesValuesIsTheScan() {
        assertLaw(
                new Mamba2(DIMS, new Mamba2Config(CONV, EPSILON, Mamba2Config.Initialisation.SCRATCH)),
                (p, x, layout, matrix) -> {
                    Tensor values = values(p, Linear.apply(x, p.get("v_proj.weight")), layout);
                    Tensor gate = Heads.split(Linear.apply(x, p.get("g_proj.weight")), DIMS.headWidth());
                    return GatedRmsNorm.apply(times(matrix, values), gate, p.get("g_norm.weight"), EPSILON, false);
                });
    }

    @Test
    void matrixTimesValuesIsTheScanOfMambaInLlama() {
        assertLaw(
                new MambaInLlama(
                        DIMS, new MambaInLlamaConfig(CONV, EPSILON, false, false, DType.F32, Initialisation.RANDOM)),
                (p, x, layout, matrix) -> {
                    Tensor values = values(p, Linear.apply(x, p.get("in_proj.x.weight")), layout);
                    Tensor gate = Heads.split(Linear.apply(x, p.get("in_proj.z.weight")), DIMS.headWidth());
                    Tensor weight = p.get("norm.weight").reshape(DIMS.heads(), DIMS.headWidth());
                    return GatedRmsNorm.apply(withSkip(p, times(matrix, values), values), gate, weight, EPSILON, true);
                });
    }

    @Test
    void matrixTimesValuesIsTheScanOfThePlainForm() {
        int inner = DIMS.heads() * DIMS.headWidth();
        assertLaw(
                new PlainMamba2(
                        DIMS,
                        new PlainMamba2Config(
                                CONV,
                                true,
                                EPSILON,
                                5,
                                DIMS.heads(),
                                0,
                                Double.POSITIVE_INFINITY,
                                Initialisation.RANDOM)),
                (p, x, layout, matrix) -> {
                    Tensor packed = Linear.apply(x, p.get("in_proj.weight"));
                    Tensor values = values(p, packed.slice(2, inner, 2 * inner), layout);
                    Tensor gate = Heads.split(packed.slice(2, 0, inner), DIMS.headWidth());
                    Tensor weight = p.get("norm.weight").reshape(DIMS.heads(), DIMS.headWidth());
                    return GatedRmsNorm.apply(withSkip(p, times(matrix, values), values), gate, weight, EPSILON, true);
                });
    }
}
