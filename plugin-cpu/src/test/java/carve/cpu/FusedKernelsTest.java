package carve.cpu;

import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.Device;
import carve.api.op.AdamW;
import carve.api.op.CausalConv;
import carve.api.op.CrossEntropy;
import carve.api.op.GatedRmsNorm;
import carve.api.op.KlDivergence;
import carve.api.op.LayerNorm;
import carve.api.op.Linear;
import carve.api.op.RmsNorm;
import carve.api.op.Rope;
import carve.api.op.SequenceLayout;
import carve.api.op.SwiGlu;
import carve.api.tensor.DType;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.cpu.TestTensors.HostTensor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Every kernel but those of attention and scans agrees with the definition of its op, forward and in every gradient, at odd extents. */
final class FusedKernelsTest extends KernelReferenceCheck {
    @Test
    void linear() {
        for (int n : EXTENTS) {
            agree(1e-5, new Linear(), x(3, n, 13), x(65, 13));
            agree(1e-5, new Linear(), x(n, 63), x(5, 63), x(5));
            agree(1e-5, new Linear(), x(1, n), x(13, n), x(13));
            agree(1e-5, new Linear(), x(70, n), x(13, n));
        }
    }

    @Test
    void linearOfNarrowWeights() {
        for (DType dtype : List.of(DType.BF16, DType.F16)) {
            for (int n : EXTENTS) {
                HostTensor x = x(n % 13 + 1, n);
                HostTensor w = x(37, n);
                Tensor expected = Linear.apply(x.on(reference), w.on(reference).cast(dtype));
                TestTensors.assertClose(
                        dtype + " " + n,
                        1e-5,
                        expected,
                        Linear.apply(x.on(cpu), w.on(cpu).cast(dtype)));
            }
        }
    }

    @Test
    void norms() {
        for (int n : EXTENTS) {
            agree(1e-5, new RmsNorm(1e-5), x(3, 5, n), x(n));
            agree(1e-5, new RmsNorm(1e-5), x(3, 5, 2, n), x(2, n));
            agree(1e-5, new RmsNorm(1e-5), x(700, n), x(n));
            agree(1e-5, new RmsNorm(1e-5, 1), x(3, 5, 2, n), x(n));
            agree(n <= 2 ? 1e-3 : 1e-5, new RmsNorm(1e-5), x(3, 5, n));
            agree(1e-5, new GatedRmsNorm(1e-5, false), x(3, 5, n), x(3, 5, n), x(n));
            agree(1e-5, new GatedRmsNorm(1e-5, true), x(3, 5, n), x(3, 5, n), x(5, n));
            // one or two elements minus their mean have a gradient near 0, a difference of large numbers
            agree(n <= 2 ? 1e-3 : 1e-5, new LayerNorm(1e-5), x(3, 5, n), x(n), x(n));
            agree(n <= 2 ? 1e-3 : 1e-5, new LayerNorm(1e-5, 1), x(3, 5, n), x(n), x(n));
            agree(n <= 2 ? 1e-3 : 1e-5, new LayerNorm(1e-5, 1), x(3, 5, 2, n), x(2, n));
            agree(n <= 2 ? 1e-3 : 1e-5, new LayerNorm(1e-5), x(3, 5, n));
        }
    }

    @Test
    void narrowWeights() {
        for (DType dtype : List.of(DType.BF16, DType.F16)) {
            narrow(dtype, new RmsNorm(1e-5), x(3, 5, 13), x(13));
            narrow(dtype, new GatedRmsNorm(1e-5, false), x(3, 5, 13), x(3, 5, 13), x(13));
            narrow(dtype, new LayerNorm(1e-5), x(3, 5, 13), x(13), x(13));
            narrow(
                    dtype,
                    new CausalConv(true, SequenceLayout.unpadded(2, 5)),
                    x(2, 5, 13),
                    x(13, 1, 2),
                    x(13),
                    x(2, 13, 1));
            narrow(dtype, new Linear(), x(2, 5, 13), x(7, 13), x(7));
        }
    }

    /** Compares with the definition where the operands of rank 1, and those of weights, are stored in fewer bits. */
    private void narrow(DType dtype, FusedOp op, HostTensor... operands) {
        List<List<Tensor>> results = new ArrayList<>();
        for (Device device : List.of(reference, cpu)) {
            List<Tensor> inputs = new ArrayList<>();
            for (HostTensor operand : operands) {
                boolean weight = operand.shape().rank() == 1
                        || operand.shape().rank() > 1 && operand.shape().extent(0) > 3;
                inputs.add(weight ? operand.on(device).cast(dtype) : operand.on(device));
            }
            results.add(Tensors.apply(op, inputs));
        }
        for (int i = 0; i < results.getFirst().size(); i++) {
            TestTensors.assertClose(
                    op + " " + dtype,
                    1e-5,
                    results.getFirst().get(i),
                    results.getLast().get(i));
        }
        assertTrue(cpu.context().kernels().choices().get(op.name()).startsWith("kernel "), op.name());
    }

    @Test
    void rotation() {
        for (int n : EXTENTS) {
            agree(1e-5, new Rope(), x(2, n, 3, 10), x(n, 5), x(n, 5));
            agree(1e-5, new Rope(), x(2, 3, 2, n + 1), x(3, (n + 1) / 2), x(3, (n + 1) / 2));
            agree(1e-5, new Rope(), x(2, 3, 2, 2 * n + 3), x(3, n), x(3, n));
            agree(1e-5, new Rope(Rope.Pairing.INTERLEAVED), x(2, n, 3, 10), x(n, 5), x(n, 5));
            agree(1e-5, new Rope(Rope.Pairing.INTERLEAVED), x(2, 3, 2, 2 * n + 3), x(3, n), x(3, n));
        }
    }

    @Test
    void gatedUnit() {
        for (int n : EXTENTS) {
            agree(1e-5, new SwiGlu(), x(3, n), x(3, n));
        }
        agree(1e-5, new SwiGlu(), TestTensors.random(random, -30, 30, 200, 130), x(200, 130));
    }

    @Test
    void losses() {
        for (int n : EXTENTS) {
            agree(
                    1e-5,
                    new CrossEntropy(),
                    TestTensors.random(random, -9, 9, 70, n),
                    TestTensors.integers(random, -2, n, 70));
            double bound = n == 1 ? 1 : 1e-5;
            agree(
                    bound,
                    new KlDivergence(1),
                    TestTensors.random(random, -9, 9, 70, n),
                    TestTensors.random(random, -9, 9, 70, n));
            agree(
                    bound,
                    new KlDivergence(2.5),
                    TestTensors.random(random, -9, 9, n, 5),
                    TestTensors.random(random, -9, 9, n, 5));
        }
    }

    @Test
    void optimizer() {
        for (int n : EXTENTS) {
            HostTensor squares = TestTensors.random(random, 0, 1, 300, n);
            agree(1e-5, 0, new AdamW(1e-2, 0.9, 0.95, 1e-8, 0.1, 3), x(300, n), x(300, n), x(300, n), squares);
        }
    }

    @Test
    void convolution() {
        for (boolean silu : new boolean[] {false, true}) {
            for (int width : new int[] {2, 4}) {
                for (int n : EXTENTS) {
                    agree(
                            1e-5,
                            new CausalConv(silu, SequenceLayout.unpadded(2, n)),
                            x(2, n, 13),
                            x(13, 1, width),
                            x(13),
                            x(2, 13, width - 1));
                    agree(
                            1e-5,
                            new CausalConv(silu, SequenceLayout.unpadded(2, 5)),
                            x(2, 5, n),
                            x(n, 1, width),
                            x(n),
                            x(2, n, width - 1));
                }
                agree(
                        1e-5,
                        new CausalConv(silu, SequenceLayout.packed(0, 1, 5, 7)),
                        x(1, 7, 1100),
                        x(1100, 1, width),
                        x(1100),
                        x(3, 1100, width - 1));
                agree(
                        1e-5,
                        new CausalConv(silu, SequenceLayout.packed(0, 1, 3, 70, 75)),
                        x(1, 75, 33),
                        x(33, 1, width),
                        x(33),
                        x(4, 33, width - 1));
            }
        }
    }
}
