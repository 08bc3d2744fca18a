package carve.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.op.AdamW;
import carve.api.op.CausalConv;
import carve.api.op.CrossEntropy;
import carve.api.op.DecayScan;
import carve.api.op.GatedRmsNorm;
import carve.api.op.KlDivergence;
import carve.api.op.LayerNorm;
import carve.api.op.Linear;
import carve.api.op.RmsNorm;
import carve.api.op.Rope;
import carve.api.op.Sequences;
import carve.api.op.SoftmaxAttention;
import carve.api.op.SwiGlu;
import carve.api.tensor.DType;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Scope;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.cpu.Checks.Values;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Every kernel agrees with the definition of its op, forward and in every gradient, at odd extents, on poisoned memory. */
final class KernelsTest {
    private static final int[] EXTENTS = {1, 2, 5, 13, 63, 64, 65, 200};

    private final Device reference = new ReferenceDevice();
    private final Device cpu = new CpuDevice(new CpuConfig(2, CpuConfig.Blas.OWN, true));
    private final SplittableRandom random = new SplittableRandom(42);

    @AfterEach
    void close() {
        cpu.close();
        reference.close();
    }

    private Values x(int... extents) {
        return Checks.random(random, -1, 1, extents);
    }

    /** What an op gives on a device: its results, then the gradients of its F32 operands for given weights. */
    private static List<Tensor> run(Device device, FusedOp op, List<Values> operands, List<Values> weights) {
        Tape tape = new Tape();
        List<Tensor> inputs = new ArrayList<>();
        List<Tensor> watched = new ArrayList<>();
        for (Values operand : operands) {
            Tensor tensor = operand.on(device);
            if (tensor.dtype() == DType.F32) {
                tensor = tape.watch(tensor);
                watched.add(tensor);
            }
            inputs.add(tensor);
        }
        List<Tensor> results = Tensors.apply(op, inputs);
        List<Tensor> all = new ArrayList<>(results);
        all.addAll(tape.gradients(results.subList(0, weights.size()), Checks.on(device, weights), watched));
        return all;
    }

    private void agree(double ratio, FusedOp op, Values... operands) {
        agree(ratio, 9, op, operands);
    }

    /** Compares with the definition; only the first results have gradients. */
    private void agree(double ratio, int weighted, FusedOp op, Values... operands) {
        Scope.run(reference, () -> Scope.run(cpu, () -> compare(ratio, weighted, op, operands)));
    }

    private void compare(double ratio, int weighted, FusedOp op, Values... operands) {
        List<Tensor> shapes = Tensors.apply(op, Checks.on(reference, List.of(operands)));
        List<Values> weights = new ArrayList<>();
        shapes.stream()
                .limit(weighted)
                .forEach(t -> weights.add(Checks.random(random, -1, 1, t.shape().extents())));
        List<Tensor> expected = run(reference, op, List.of(operands), weights);
        List<Tensor> actual = run(cpu, op, List.of(operands), weights);
        String what =
                op + " of " + List.of(operands).stream().map(Values::shape).toList();
        for (int i = 0; i < expected.size(); i++) {
            Checks.close(what + ", value " + i, ratio, expected.get(i), actual.get(i));
        }
        String choice = cpu.workspace().choices().get(op.name());
        assertTrue(choice.startsWith("kernel "), op.name() + ": " + choice);
    }

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
                Values x = x(n % 13 + 1, n);
                Values w = x(37, n);
                Tensor expected = Linear.apply(x.on(reference), w.on(reference).cast(dtype));
                Checks.close(
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
            agree(1e-5, new GatedRmsNorm(1e-5, false), x(3, 5, n), x(3, 5, n), x(n));
            agree(1e-5, new GatedRmsNorm(1e-5, true), x(3, 5, n), x(3, 5, n), x(5, n));
            // one or two elements minus their mean have a gradient near 0, a difference of large numbers
            agree(n <= 2 ? 1e-3 : 1e-5, new LayerNorm(1e-5), x(3, 5, n), x(n), x(n));
        }
    }

    @Test
    void narrowWeights() {
        for (DType dtype : List.of(DType.BF16, DType.F16)) {
            narrow(dtype, new RmsNorm(1e-5), x(3, 5, 13), x(13));
            narrow(dtype, new GatedRmsNorm(1e-5, false), x(3, 5, 13), x(3, 5, 13), x(13));
            narrow(dtype, new LayerNorm(1e-5), x(3, 5, 13), x(13), x(13));
            narrow(dtype, new CausalConv(true, Sequences.whole(2, 5)), x(2, 5, 13), x(13, 1, 2), x(13), x(2, 13, 1));
            narrow(dtype, new Linear(), x(2, 5, 13), x(7, 13), x(7));
        }
    }

    /** Compares with the definition where the operands of rank 1, and those of weights, are stored in fewer bits. */
    private void narrow(DType dtype, FusedOp op, Values... operands) {
        List<List<Tensor>> results = new ArrayList<>();
        for (Device device : List.of(reference, cpu)) {
            List<Tensor> inputs = new ArrayList<>();
            for (Values operand : operands) {
                boolean weight = operand.shape().rank() == 1
                        || operand.shape().rank() > 1 && operand.shape().extent(0) > 3;
                inputs.add(weight ? operand.on(device).cast(dtype) : operand.on(device));
            }
            results.add(Tensors.apply(op, inputs));
        }
        for (int i = 0; i < results.getFirst().size(); i++) {
            Checks.close(
                    op + " " + dtype,
                    1e-5,
                    results.getFirst().get(i),
                    results.getLast().get(i));
        }
        assertTrue(cpu.workspace().choices().get(op.name()).startsWith("kernel "), op.name());
    }

    @Test
    void rotation() {
        for (int n : EXTENTS) {
            agree(1e-5, new Rope(), x(2, n, 3, 10), x(n, 5), x(n, 5));
            agree(1e-5, new Rope(), x(2, 3, 2, n + 1), x(3, (n + 1) / 2), x(3, (n + 1) / 2));
            agree(1e-5, new Rope(), x(2, 3, 2, 2 * n + 3), x(3, n), x(3, n));
        }
    }

    @Test
    void gatedUnit() {
        for (int n : EXTENTS) {
            agree(1e-5, new SwiGlu(), x(3, n), x(3, n));
        }
        agree(1e-5, new SwiGlu(), Checks.random(random, -30, 30, 200, 130), x(200, 130));
    }

    @Test
    void losses() {
        for (int n : EXTENTS) {
            agree(1e-5, new CrossEntropy(), Checks.random(random, -9, 9, 70, n), Checks.integers(random, -2, n, 70));
            double bound = n == 1 ? 1 : 1e-5;
            agree(bound, new KlDivergence(1), Checks.random(random, -9, 9, 70, n), Checks.random(random, -9, 9, 70, n));
            agree(bound, new KlDivergence(2.5), Checks.random(random, -9, 9, n, 5), Checks.random(random, -9, 9, n, 5));
        }
    }

    @Test
    void optimizer() {
        for (int n : EXTENTS) {
            Values squares = Checks.random(random, 0, 1, 300, n);
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
                            new CausalConv(silu, Sequences.whole(2, n)),
                            x(2, n, 13),
                            x(13, 1, width),
                            x(13),
                            x(2, 13, width - 1));
                    agree(
                            1e-5,
                            new CausalConv(silu, Sequences.whole(2, 5)),
                            x(2, 5, n),
                            x(n, 1, width),
                            x(n),
                            x(2, n, width - 1));
                }
                agree(
                        1e-5,
                        new CausalConv(silu, Sequences.packed(0, 1, 5, 7)),
                        x(1, 7, 1100),
                        x(1100, 1, width),
                        x(1100),
                        x(3, 1100, width - 1));
                agree(
                        1e-5,
                        new CausalConv(silu, Sequences.packed(0, 1, 3, 70, 75)),
                        x(1, 75, 33),
                        x(33, 1, width),
                        x(33),
                        x(4, 33, width - 1));
            }
        }
    }

    private SoftmaxAttention attention(boolean causal, int keys, Sequences sequences) {
        return new SoftmaxAttention(0.3, causal, keys, sequences);
    }

    @Test
    void attention() {
        for (boolean causal : new boolean[] {false, true}) {
            for (int n : EXTENTS) {
                agree(1e-5, attention(causal, n, Sequences.whole(2, n)), x(2, n, 4, 5), x(2, n, 2, 5), x(2, n, 2, 13));
                agree(
                        1e-5,
                        attention(causal, 13, Sequences.whole(2, 13)),
                        x(2, 13, 2, n),
                        x(2, 13, 1, n),
                        x(2, 13, 1, n));
                agree(
                        1e-5,
                        attention(causal, n + 7, Sequences.whole(2, n)),
                        x(2, n, 2, 8),
                        x(2, n + 9, 2, 8),
                        x(2, n + 9, 2, 8));
            }
            agree(
                    1e-5,
                    attention(causal, 75, Sequences.packed(0, 1, 3, 70, 75)),
                    x(1, 75, 4, 8),
                    x(1, 75, 2, 8),
                    x(1, 75, 2, 8));
            agree(
                    1e-5,
                    attention(causal, 65, Sequences.padded(65, 65, 0, 1, 30)),
                    x(4, 65, 2, 8),
                    x(4, 65, 2, 8),
                    x(4, 65, 2, 8));
            agree(
                    1e-5,
                    attention(causal, 65, Sequences.padded(65, 65, 0, 1, 30).blank()),
                    x(4, 65, 2, 8),
                    x(4, 65, 2, 8),
                    x(4, 65, 2, 8));
            agree(
                    1e-5,
                    attention(causal, 600, Sequences.whole(1, 300)),
                    x(1, 300, 1, 8),
                    x(1, 600, 1, 8),
                    x(1, 600, 1, 8));
        }
    }

    @Test
    void attentionOfFewQueries() {
        for (int n : new int[] {1, 2, 200, 4200}) {
            for (int queries = 1; queries <= Math.min(3, n); queries++) {
                agree(
                        1e-5,
                        attention(true, n, Sequences.whole(2, queries)),
                        x(2, queries, 2, 17),
                        x(2, n + 3, 1, 17),
                        x(2, n + 3, 1, 70));
            }
        }
    }

    @Test
    void attentionToNarrowCaches() {
        for (DType stored : List.of(DType.BF16, DType.Q8_0)) {
            int width = stored == DType.Q8_0 ? 64 : 37;
            for (int queries : new int[] {1, 3, 70}) {
                for (int keys : new int[] {queries, 75, 600}) {
                    narrowCache(stored, queries, Math.max(queries, keys), width);
                }
            }
        }
    }

    private void narrowCache(DType stored, int queries, int keys, int width) {
        Values q = x(2, queries, 4, width);
        Values k = x(2, keys + 5, 2, width);
        Values v = x(2, keys + 5, 2, width);
        SoftmaxAttention op = attention(true, keys, Sequences.whole(2, queries));
        List<Tensor> results = new ArrayList<>();
        for (Device device : List.of(reference, cpu)) {
            results.add(Tensors.apply(
                            op,
                            q.on(device),
                            k.on(device).cast(stored),
                            v.on(device).cast(stored))
                    .getFirst());
        }
        Checks.close(stored + " " + op, 1e-5, results.getFirst(), results.getLast());
        String choice = cpu.workspace().choices().get(op.name());
        assertTrue(choice.startsWith("kernel ") && choice.contains(stored.key().substring(0, 2)), choice);
    }

    /** Compares a scan with groups (Gq, Gk, Gv) of H heads, with and without a gradient of the last state. */
    private void scan(Sequences s, int heads, int[] groups, int state, int width) {
        int t = s.positions();
        for (int weighted = 1; weighted <= 2; weighted++) {
            agree(
                    1e-5,
                    weighted,
                    new DecayScan(s),
                    x(s.batch(), t, groups[0], state),
                    x(s.batch(), t, groups[1], state),
                    x(s.batch(), t, groups[2], width),
                    Checks.random(random, -1, 0, s.batch(), t, heads),
                    x(s.batch(), t, heads),
                    x(s.count(), heads, width, state));
        }
    }

    @Test
    void scan() {
        for (int n : EXTENTS) {
            scan(Sequences.whole(2, n), 2, new int[] {2, 2, 2}, 5, 13);
            scan(Sequences.whole(1, 13), 1, new int[] {1, 1, 1}, n, 5);
            scan(Sequences.whole(1, 13), 1, new int[] {1, 1, 1}, 5, n);
        }
        scan(Sequences.whole(2, 70), 6, new int[] {6, 3, 2}, 24, 32);
        scan(Sequences.whole(2, 70), 4, new int[] {1, 1, 4}, 33, 8);
        scan(Sequences.packed(0, 1, 3, 70, 75), 4, new int[] {4, 2, 2}, 8, 8);
        scan(Sequences.packed(0, 100, 101, 230), 2, new int[] {2, 1, 1}, 128, 70);
    }

    @Test
    void scanOfWideStates() {
        scan(Sequences.whole(1, 90), 2, new int[] {2, 1, 1}, 256, 200);
        scan(Sequences.whole(1, 70), 2, new int[] {1, 1, 2}, 150, 256);
    }

    @Test
    void rowsAndThreadsDoNotChangeAScan() {
        Values q = x(3, 150, 2, 70);
        Values k = x(3, 150, 1, 70);
        Values v = x(3, 150, 4, 40);
        Values g = Checks.random(random, -1, 0, 3, 150, 4);
        Values w = x(3, 150, 4);
        Values state = x(3, 4, 40, 70);
        List<Values> operands = List.of(q, k, v, g, w, state);
        List<Tensor> all = Tensors.apply(new DecayScan(Sequences.whole(3, 150)), Checks.on(cpu, operands));
        try (Device other = new CpuDevice(new CpuConfig(5, CpuConfig.Blas.OWN, true))) {
            for (int b = 0; b < 3; b++) {
                int row = b;
                List<Tensor> alone = operands.stream()
                        .map(x -> x.on(other).slice(0, row, row + 1))
                        .toList();
                List<Tensor> one = Tensors.apply(new DecayScan(Sequences.whole(1, 150)), alone);
                for (int i = 0; i < 2; i++) {
                    assertArrayEquals(
                            all.get(i).slice(0, b, b + 1).floats(), one.get(i).floats(), "result " + i + ", row " + b);
                }
            }
        }
    }

    @Test
    void scanOfStrongDecay() {
        Values decay = Checks.random(random, -30, 0, 1, 130, 2);
        agree(
                1e-5,
                new DecayScan(Sequences.whole(1, 130)),
                x(1, 130, 2, 8),
                x(1, 130, 2, 8),
                x(1, 130, 2, 8),
                decay,
                x(1, 130, 2),
                x(1, 2, 8, 8));
    }
}
