package carve.testkit;

import carve.api.device.Device;
import carve.api.op.CausalConv;
import carve.api.op.DecayScan;
import carve.api.op.RmsNorm;
import carve.api.op.SequenceLayout;
import carve.api.tensor.Op.UnaryFunction;
import carve.api.tensor.Shape;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The law of fused ops against the official code: results and gradients on a device agree with the fixtures of layers
 * that are one op.
 *
 * <pre>{@code
 * final class CpuLayerFixtureTest extends LayerFixtureContract {
 *     @Override
 *     protected Device open() {
 *         return new CpuDevice();
 *     }
 * }
 * }</pre>
 */
public abstract class LayerFixtureContract {
    /** Makes the contract. */
    protected LayerFixtureContract() {}

    /** Returns the device under test, new; the contract closes it. */
    protected abstract Device open();

    /** The decay scan is Mamba-2's chunked scan, with {@code w = softplus(dt + dt_bias)} and {@code g = A w}. */
    @TestFactory
    public Stream<DynamicTest> decayScanIsTheOfficialScan() {
        return Stream.of("L1s0.", "L7s0.", "L64s1.", "L129s2.", "L257s3.")
                .map(prefix -> DynamicTest.dynamicTest(
                        prefix,
                        () -> with("mm_layers/ssd_kernel", (device, fixture) -> scan(device, fixture, prefix))));
    }

    private static void scan(Device device, Fixture fixture, String prefix) {
        Tape tape = new Tape();
        Inputs in = new Inputs(device, fixture, tape, prefix);
        List<Tensor> results = scan(in, zeroState(in));
        fixture.assertAgrees("value", "out." + prefix + "y", results.get(0));
        fixture.assertAgrees("value", "out." + prefix + "final_state", results.get(1));
        if (fixture.names().contains("out." + prefix + "grad.x")) {
            List<String> names = List.of("A", "B", "C", "dt", "dt_bias", "x");
            in.assertGradients(results.get(0), "grad.", names);
        }
    }

    /** The scan continues from a state as the official scan does. */
    @Test
    public void decayScanGoesOnFromAState() {
        with("mm_layers/ssd_kernel", (device, fixture) -> {
            Inputs in = new Inputs(device, fixture, new Tape(), "init.");
            List<Tensor> results = scan(in, in.get("initial_state"));
            fixture.assertAgrees("value", "out.init.y", results.get(0));
            fixture.assertAgrees("value", "out.init.final_state", results.get(1));
        });
    }

    private static List<Tensor> scan(Inputs in, Tensor state) {
        Tensor x = in.get("x");
        Tensor weight = in.get("dt").add(in.get("dt_bias")).unary(UnaryFunction.SOFTPLUS);
        Tensor decay = weight.multiply(in.get("A"));
        SequenceLayout whole = SequenceLayout.unpadded(x.extent(0), x.extent(1));
        return Tensors.apply(new DecayScan(whole), in.get("C"), in.get("B"), x, decay, weight, state);
    }

    private static Tensor zeroState(Inputs in) {
        Shape x = in.get("x").shape();
        return Tensors.zeros(
                in.device,
                Shape.of(x.extent(0), x.extent(2), x.extent(3), in.get("B").extent(3)));
    }

    /** The causal convolution is causal_conv1d with SiLU, at widths 2 and 4. */
    @TestFactory
    public Stream<DynamicTest> causalConvIsTheOfficialConvolution() {
        return Stream.of("W2L1.", "W2L2.", "W2L7.", "W2L64.", "W4L1.", "W4L2.", "W4L7.", "W4L64.")
                .map(prefix -> DynamicTest.dynamicTest(
                        prefix,
                        () -> with("mm_layers/causal_conv1d", (device, fixture) -> convolve(device, fixture, prefix))));
    }

    private static void convolve(Device device, Fixture fixture, String prefix) {
        Inputs in = new Inputs(device, fixture, new Tape(), prefix);
        Tensor x = in.get("x").permute(0, 2, 1); // the official layout is (B, C, T)
        Tensor weight = in.get("weight");
        int width = weight.extent(1);
        CausalConv op = new CausalConv(true, SequenceLayout.unpadded(x.extent(0), x.extent(1)));
        Tensor state = Tensors.zeros(device, Shape.of(x.extent(0), x.extent(2), width - 1));
        List<Tensor> results = Tensors.apply(op, x, weight.reshape(x.extent(2), 1, width), in.get("bias"), state);
        Tensor y = results.get(0).permute(0, 2, 1);
        fixture.assertAgrees("value", "out." + prefix + "y", y);
        fixture.assertAgrees("value", "out." + prefix + "final_state", results.get(1));
        in.assertGradients(y, "grad.", List.of("x", "weight", "bias"));
    }

    /** The norm is InternLM2's. */
    @TestFactory
    public Stream<DynamicTest> rmsNormIsTheOfficialNorm() {
        return Stream.of("L1s0.", "L7s0.", "L7s1.")
                .map(prefix -> DynamicTest.dynamicTest(
                        prefix,
                        () -> with(
                                "mm_layers/internlm2_rmsnorm",
                                (device, fixture) -> normalise(device, fixture, prefix))));
    }

    private static void normalise(Device device, Fixture fixture, String prefix) {
        Tape tape = new Tape();
        Inputs in = new Inputs(device, fixture, tape, prefix);
        Tensor weight = tape.watch(fixture.tensor(device, "w.weight"));
        Tensor y = RmsNorm.apply(
                in.get("x"), weight, Double.parseDouble(fixture.metadata().get("eps")));
        fixture.assertAgrees("value", "out." + prefix + "y", y);
        in.assertGradients(y, "grad_", List.of("x"));
        if (fixture.names().contains("out." + prefix + "grad.weight")) {
            Tensor gradient = tape.gradients(in.loss(y), List.of(weight)).getFirst();
            fixture.assertAgrees("grad", "out." + prefix + "grad.weight", gradient);
        }
    }

    private interface Law {
        void check(Device device, Fixture fixture);
    }

    private void with(String name, Law law) {
        try (Device device = open();
                Fixture fixture = Fixture.open(name)) {
            law.check(device, fixture);
        }
    }

    /** The inputs of one case, watched. */
    private static final class Inputs {
        private final Device device;
        private final Fixture fixture;
        private final Tape tape;
        private final String prefix;
        private final Map<String, Tensor> watched = new TreeMap<>();

        private Inputs(Device device, Fixture fixture, Tape tape, String prefix) {
            this.device = device;
            this.fixture = fixture;
            this.tape = tape;
            this.prefix = prefix;
        }

        private Tensor get(String name) {
            return watched.computeIfAbsent(name, key -> tape.watch(fixture.tensor(device, "in." + prefix + key)));
        }

        // the official loss: mean((y - target)^2)
        private Tensor loss(Tensor y) {
            Tensor difference = y.subtract(fixture.tensor(device, "in." + prefix + "target"));
            return difference.multiply(difference).mean();
        }

        private void assertGradients(Tensor y, String infix, List<String> names) {
            List<Tensor> gradients =
                    tape.gradients(loss(y), names.stream().map(this::get).toList());
            for (int i = 0; i < names.size(); i++) {
                fixture.assertAgrees("grad", "out." + prefix + infix + names.get(i), gradients.get(i));
            }
        }
    }
}
