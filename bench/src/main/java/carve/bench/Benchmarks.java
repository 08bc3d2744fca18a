package carve.bench;

import carve.api.op.DecayScan;
import carve.api.op.SequenceLayout;
import carve.api.op.SoftmaxAttention;
import carve.api.tensor.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The benchmarks. */
final class Benchmarks {
    private Benchmarks() {}

    /** Extents of a sequence op; G is the number of groups of keys and values, N the width of heads. */
    private record Extents(int b, int t, int h, int g, int n) {
        @Override
        public String toString() {
            return "B %d, T %d, H %d, G %d, N %d".formatted(b, t, h, g, n);
        }

        double heads() {
            return (double) b * t * h;
        }
    }

    // the published HoVLE's layers, and the demo's
    private static final List<Extents> SEQUENCES =
            List.of(new Extents(1, 2048, 16, 8, 128), new Extents(16, 64, 6, 3, 32));

    /** Returns the ops, from the simplest. */
    static List<Benchmark> ops() {
        List<Benchmark> cases = new ArrayList<>(List.of(
                new MatMulBenchmark(512, 512, 512),
                new MatMulBenchmark(1024, 1024, 1024),
                new MatMulBenchmark(2048, 2048, 2048),
                new MatMulBenchmark(1536, 192, 576),
                new MatMulBenchmark(64, 8192, 2048),
                new GemvBenchmark(DType.F32, 2048, 8192),
                new GemvBenchmark(DType.BF16, 2048, 8192),
                new GemvBenchmark(DType.BF16, 8192, 2048)));
        Arrays.stream(DType.values())
                .filter(DType::isQuantised)
                .forEach(dtype -> cases.add(new GemvBenchmark(dtype, 2048, 8192)));
        SEQUENCES.forEach(extents -> cases.add(scan(extents)));
        cases.add(scan(new Extents(1, 2048, 16, 1, 128))); // all heads share, as in plain Mamba-2
        SEQUENCES.forEach(extents -> cases.add(attention(extents)));
        return cases;
    }

    // each head and position: w v k^T into the state and the state times q, 2 N P operations each, P = N; what chunks
    // do
    // beyond does not count. Backward: the gradients of q, k, v and the state
    private static SequenceOpBenchmark scan(Extents e) {
        List<Operand> operands = List.of(
                new Operand("q", -1, 1, true, e.b, e.t, e.h, e.n),
                new Operand("k", -1, 1, true, e.b, e.t, e.g, e.n),
                new Operand("v", -1, 1, true, e.b, e.t, e.g, e.n),
                new Operand("g", -0.1, 0, true, e.b, e.t, e.h),
                new Operand("w", 0, 1, true, e.b, e.t, e.h),
                new Operand("state", -1, 1, false, e.b, e.h, e.n, e.n));
        double flops = 4.0 * e.heads() * e.n * e.n;
        return new SequenceOpBenchmark(
                "decay scan",
                e.toString(),
                operands,
                t -> new DecayScan(SequenceLayout.unpadded(e.b, t)),
                e.t,
                new Work(flops, 0),
                new Work(2 * flops, 0));
    }

    // each head and pair of positions that see each other: a score and a value, 2 N operations each; backward five such
    // products, because scores are computed again. Exponentials do not count
    private static SequenceOpBenchmark attention(Extents e) {
        List<Operand> operands = List.of(
                new Operand("q", -1, 1, true, e.b, e.t, e.h, e.n),
                new Operand("k", -1, 1, true, e.b, e.t, e.g, e.n),
                new Operand("v", -1, 1, true, e.b, e.t, e.g, e.n));
        double product = 2.0 * e.heads() * (e.t + 1) / 2 * e.n;
        double scale = 1 / Math.sqrt(e.n);
        return new SequenceOpBenchmark(
                "softmax attention",
                e + ", causal",
                operands,
                t -> new SoftmaxAttention(scale, true, t, SequenceLayout.unpadded(e.b, t)),
                e.t,
                new Work(2 * product, 0),
                new Work(5 * product, 0));
    }

    /** Returns the training of the demo's models. */
    static List<Benchmark> trainings(DemoModels models) {
        return List.of(
                new TrainingStepBenchmark("supervised step, teacher", models, false),
                new TrainingStepBenchmark("distillation step, stage 3, linear", models, true));
    }
}
