package carve.bench;

import carve.api.device.Device;
import carve.api.op.Linear;
import carve.api.tensor.DType;
import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One token through a linear layer with weights {@code (N, K)} of a storage type, as in generation: bound by how fast weights are
 * read, the scales of blocks counted.
 *
 * @param stored the type of the weights
 * @param k width of what goes in
 * @param n width of what comes out
 */
record GemvBenchmark(DType stored, int k, int n) implements Benchmark {
    private static final int COPIES = 8; // taken in turn: one alone would stay in the cache
    private static final double RATIO = 1e-5;

    @Override
    public String name() {
        return "linear, %s weights".formatted(stored);
    }

    @Override
    public List<BenchmarkResult> measure(BenchmarkContext benchmarkContext) {
        try (Device device = benchmarkContext.openDevice()) {
            Tensor x = RandomTensors.uniform(device, "x", -1, 1, 1, k);
            Tensor wide = RandomTensors.uniform(device, "w", -1, 1, n, k);
            List<Tensor> weights = new ArrayList<>();
            for (int i = 0; i < COPIES; i++) {
                weights.add(wide.cast(stored));
            }
            CorrectnessGate correctnessGate = Scope.run(
                    device,
                    () -> CorrectnessGate.compare(
                            "against a scalar twin",
                            ScalarReference.gemv(
                                    weights.getFirst().cast(DType.F32).floats(), x.floats()),
                            Linear.apply(x, weights.getLast()).floats(),
                            RATIO));
            Optional<Timing> timing = correctnessGate.passed()
                    ? Optional.of(timing(benchmarkContext, device, x, weights))
                    : Optional.empty();
            Work work = new Work(2.0 * k * n, stored.bytes((long) k * n) + 4.0 * (k + n));
            return List.of(new BenchmarkResult(
                    name(),
                    "1 token, %d to %d".formatted(k, n),
                    BenchmarkContext.kernelOf(device, "linear"),
                    work,
                    correctnessGate,
                    timing,
                    ""));
        }
    }

    private static Timing timing(BenchmarkContext benchmarkContext, Device device, Tensor x, List<Tensor> weights) {
        Timing all = Timing.of(
                benchmarkContext.repetitions(),
                () -> Scope.run(device, () -> {
                    weights.forEach(weight -> Linear.apply(x, weight));
                }));
        return new Timing(
                all.seconds().stream().map(seconds -> seconds / COPIES).toList());
    }
}
