package carve.bench.gpu;

import carve.api.device.Device;
import carve.api.op.DecayScan;
import carve.api.op.Linear;
import carve.api.op.SequenceLayout;
import carve.api.op.SoftmaxAttention;
import carve.api.tensor.DType;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Scope;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Speeds of single operations: what limits the card, products, scans, attention. */
final class OpBenchmark {
    static final String PART = "operations";

    private final BenchmarkSession benchmarkSession;
    private final Device device;
    private final List<Measurement> figures = new ArrayList<>();
    private double bandwidth;
    private double products;

    private OpBenchmark(BenchmarkSession benchmarkSession, Device device) {
        this.benchmarkSession = benchmarkSession;
        this.device = device;
    }

    /** The figures, with what others are compared with: bytes and BF16 operations in a second, in billions. */
    record Result(List<Measurement> figures, double bandwidth, double products) {}

    /** Measures them. */
    static Result of(BenchmarkSession benchmarkSession) {
        try (Device device = benchmarkSession.open(CudaSettings.of("bf16"))) {
            var all = new OpBenchmark(benchmarkSession, device);
            Scope.run(device, all::copies);
            Scope.run(device, all::products);
            Scope.run(device, all::skinnyGemm);
            for (int positions : benchmarkSession.small() ? new int[] {130} : new int[] {8192, 32_768, 131_072}) {
                Scope.run(device, () -> all.scan(positions));
            }
            for (int positions : benchmarkSession.small() ? new int[] {130} : new int[] {2048, 8192}) {
                Scope.run(device, () -> all.attention(positions));
            }
            for (int keys : benchmarkSession.small() ? new int[] {200} : new int[] {16_384, 103_000}) {
                Scope.run(device, () -> all.decodeAttention(keys));
            }
            return new Result(List.copyOf(all.figures), all.bandwidth, all.products);
        }
    }

    private double measure(String name, double work, String unit, Supplier<Tensor> body) {
        if (!benchmarkSession.hasTimeLeft()) {
            return 0;
        }
        Measurement measurement =
                Measurement.rate(PART, name, work, unit, benchmarkSession.millis(device, body::get), "");
        figures.add(measurement);
        return measurement.value();
    }

    private void copies() {
        int size = benchmarkSession.size(1 << 28, 1 << 16);
        Tensor large = BenchmarkSession.normal(device, "large", 1, size / 1024 + 1, 1024);
        bandwidth = measure(
                "copy of %d MiB".formatted(size >> 18),
                2 * 4.0 * size / 1e9,
                "GB/s",
                () -> large.slice(0, 1, size / 1024 + 1)); // the whole would be no copy
    }

    private void products() {
        for (int extent : benchmarkSession.small() ? new int[] {65} : new int[] {1024, 4096, 8192}) {
            double work = 2.0 * extent * extent * extent / 1e9;
            Tensor a = BenchmarkSession.normal(device, "a", 1, extent, extent);
            Tensor b = BenchmarkSession.normal(device, "b", 1, extent, extent);
            measure("product of F32, %d cubed".formatted(extent), work, "GFLOP/s", () -> a.matmul(b));
            Tensor half = a.cast(DType.BF16);
            Tensor other = b.cast(DType.BF16);
            products = Math.max(
                    products,
                    measure(
                            "weight of BF16, %d cubed".formatted(extent),
                            work,
                            "GFLOP/s",
                            () -> Linear.apply(a, other)));
            measure("product of BF16, %d cubed".formatted(extent), work, "GFLOP/s", () -> half.matmul(other));
        }
    }

    private void skinnyGemm() {
        int n = benchmarkSession.size(8192, 96);
        int k = benchmarkSession.size(2048, 64);
        for (DType dtype : List.of(DType.F32, DType.BF16, DType.Q8_0, DType.Q4_0)) {
            if (!device.stores(dtype)) {
                continue;
            }
            // more than one, so that no cache holds them
            List<Tensor> weights = new ArrayList<>();
            for (int i = 0; i < benchmarkSession.size(16, 2); i++) {
                weights.add(BenchmarkSession.normal(device, "w" + i, 1, dtype, n, k));
            }
            for (int m : new int[] {1, 8}) {
                Tensor x = BenchmarkSession.normal(device, "x", 1, m, k);
                double read =
                        weights.size() * (double) weights.getFirst().type().bytes() / 1e9;
                measure("%d rows, %s (%d, %d)".formatted(m, dtype, n, k), read, "GB/s", () -> {
                    weights.forEach(weight -> Linear.apply(x, weight));
                    return x;
                });
            }
        }
    }

    private void scan(int positions) {
        int heads = benchmarkSession.size(16, 2);
        int width = benchmarkSession.size(128, 16);
        Tensor decay = BenchmarkSession.normal(device, "g", 1, 1, positions, heads);
        List<Tensor> operands = List.of(
                BenchmarkSession.normal(device, "q", 1, 1, positions, heads, width),
                BenchmarkSession.normal(device, "k", 0.1, 1, positions, heads, width),
                BenchmarkSession.normal(device, "v", 1, 1, positions, heads, width),
                decay.multiply(decay).negate(),
                BenchmarkSession.normal(device, "w", 1, 1, positions, heads),
                BenchmarkSession.normal(device, "s", 1, 1, heads, width, width));
        both(
                "scan, T %d, H %d, P = N = %d".formatted(positions, heads, width),
                new DecayScan(SequenceLayout.unpadded(1, positions)),
                operands,
                4.0 * positions * heads * width * width / 1e9);
    }

    private void attention(int positions) {
        int heads = benchmarkSession.size(16, 2);
        int width = benchmarkSession.size(128, 16);
        List<Tensor> operands = List.of(
                BenchmarkSession.normal(device, "q", 1, 1, positions, heads, width),
                BenchmarkSession.normal(device, "k", 1, 1, positions, heads, width),
                BenchmarkSession.normal(device, "v", 1, 1, positions, heads, width));
        both(
                "attention, T %d, %d heads of %d".formatted(positions, heads, width),
                new SoftmaxAttention(1 / Math.sqrt(width), true, positions, SequenceLayout.unpadded(1, positions)),
                operands,
                2.0 * positions * positions * heads * width / 1e9);
    }

    private void both(String name, FusedOp op, List<Tensor> operands, double work) {
        measure(
                name + ", forward",
                work,
                "GFLOP/s",
                () -> Tensors.apply(op, operands).getFirst());
        measure(name + ", forward and backward", 3 * work, "GFLOP/s", () -> {
            var tape = new Tape();
            List<Tensor> watched = operands.stream().map(tape::watch).toList();
            Tensor y = Tensors.apply(op, watched).getFirst();
            return tape.gradients(List.of(y), List.of(y.detach()), watched).getFirst();
        });
    }

    private void decodeAttention(int keys) {
        int heads = benchmarkSession.size(16, 2);
        int width = benchmarkSession.size(128, 16);
        Tensor q = BenchmarkSession.normal(device, "q", 1, 1, 1, heads, width);
        for (DType dtype : List.of(DType.F32, DType.BF16)) {
            Tensor k = BenchmarkSession.normal(device, "k", 1, dtype, 1, keys, heads, width);
            Tensor v = BenchmarkSession.normal(device, "v", 1, dtype, 1, keys, heads, width);
            var op = new SoftmaxAttention(1 / Math.sqrt(width), true, keys, SequenceLayout.unpadded(1, 1));
            measure(
                    "one query, %d keys of %s, %d heads of %d".formatted(keys, dtype, heads, width),
                    2 * (double) k.type().bytes() / 1e9,
                    "GB/s",
                    () -> Tensors.apply(op, q, k, v).getFirst());
        }
    }
}
