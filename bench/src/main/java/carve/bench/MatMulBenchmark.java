package carve.bench;

import carve.api.device.Device;
import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * A product of matrices {@code (M, K) x (K, N)} in F32.
 *
 * @param m rows of the left one
 * @param k what is summed over
 * @param n columns of the right one
 */
record MatMulBenchmark(int m, int k, int n) implements Benchmark {
    private static final int CHECKED = 8;
    private static final double RATIO = 1e-5;

    @Override
    public String name() {
        return "matmul F32";
    }

    @Override
    public List<BenchmarkResult> measure(BenchmarkContext benchmarkContext) {
        try (Device device = benchmarkContext.openDevice();
                LogCapture log = new LogCapture(device.getClass().getModule().getName())) {
            Tensor a = RandomTensors.uniform(device, "a", -1, 1, m, k);
            Tensor b = RandomTensors.uniform(device, "b", -1, 1, k, n);
            CorrectnessGate correctnessGate = Scope.run(device, () -> gate(a, b));
            Optional<Timing> timing = correctnessGate.passed()
                    ? Optional.of(Timing.of(
                            benchmarkContext.repetitions(),
                            () -> Scope.run(device, () -> {
                                a.matmul(b);
                            })))
                    : Optional.empty();
            Work work = new Work(2.0 * m * k * n, 0);
            return List.of(new BenchmarkResult(
                    name(),
                    "%d x %d x %d".formatted(m, k, n),
                    log.last().orElse("own kernels"),
                    work,
                    correctnessGate,
                    timing,
                    ""));
        }
    }

    // some rows, from the first to the last
    private CorrectnessGate gate(Tensor a, Tensor b) {
        float[] left = a.floats();
        float[] right = b.floats();
        float[] product = a.matmul(b).floats();
        int rows = Math.min(CHECKED, m);
        float[] expected = new float[rows * n];
        float[] actual = new float[rows * n];
        for (int r = 0; r < rows; r++) {
            int row = (int) ((long) r * (m - 1) / Math.max(1, rows - 1));
            System.arraycopy(ScalarReference.matMulRow(left, row, right, k, n), 0, expected, r * n, n);
            System.arraycopy(product, row * n, actual, r * n, n);
        }
        return CorrectnessGate.compare("%d rows against a scalar twin".formatted(rows), expected, actual, RATIO);
    }
}
