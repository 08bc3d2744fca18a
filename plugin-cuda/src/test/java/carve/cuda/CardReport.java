package carve.cuda;

import carve.api.config.MapSettings;
import carve.api.device.Device;
import carve.api.op.DecayScan;
import carve.api.op.Linear;
import carve.api.op.Sequences;
import carve.api.op.SoftmaxAttention;
import carve.api.tensor.DType;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Scope;
import carve.api.tensor.Shape;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.testkit.Randoms;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * Speeds of a card, as JSON lines and as a table: for {@code bench/gpu.sh}, which has run the contracts before. Arguments: the
 * folder for {@code cuda.jsonl} and {@code cuda.md}, and the seconds after which no further case is begun.
 */
final class CardReport {
    private static final int RUNS = 7;

    /** The quartiles of a case's runs in milliseconds, and what one run does, in billions of a unit. */
    private record Row(String name, String unit, double work, double low, double median, double high) {
        double rate() {
            return work / median * 1000;
        }

        String json() {
            return String.format(
                    Locale.ROOT,
                    "{\"case\": \"%s\", \"median-millis\": %.4f, \"low-millis\": %.4f, \"high-millis\": %.4f, \"unit\": \"%s\", \"rate\": %.2f}",
                    name,
                    median,
                    low,
                    high,
                    unit,
                    rate());
        }

        String markdown() {
            return String.format(
                    Locale.ROOT, "| %s | %.3f (%.3f to %.3f) | %.1f %s |", name, median, low, high, rate(), unit);
        }
    }

    private final Device device;
    private final long end;
    private final List<Row> rows = new ArrayList<>();

    private CardReport(Device device, long seconds) {
        this.device = device;
        this.end = System.nanoTime() + seconds * 1_000_000_000L;
    }

    public static void main(String[] arguments) throws IOException {
        var provider = new CudaDeviceProvider();
        String libraries = System.getProperty("carve.cuda.libraries", "");
        try (Device device = provider.open(MapSettings.of(Map.of("libraries", libraries)))) {
            var report = new CardReport(device, Long.parseLong(arguments[1]));
            report.measure();
            report.write(Path.of(arguments[0]), provider.probe().toString());
        }
    }

    private void measure() {
        int size = 1 << 28;
        Tensor large = Tensors.zeros(device, Shape.of(size));
        measure("copy of 1 GiB", "GB/s", 2 * 4.0 * size / 1e9, () -> large.slice(0, 0, size));
        for (int extent : new int[] {1024, 4096, 8192}) {
            Tensor a = normal("a", extent, extent);
            Tensor b = normal("b", extent, extent);
            double work = 2.0 * extent * extent * extent / 1e9;
            measure("product of F32, %d cubed".formatted(extent), "GFLOP/s", work, () -> a.matmul(b));
            Tensor half = a.cast(DType.BF16);
            Tensor other = b.cast(DType.BF16);
            measure("product of BF16, %d cubed".formatted(extent), "GFLOP/s", work, () -> half.matmul(other));
        }
        Tensor x = normal("x", 1, 2048);
        Tensor weight = normal("w", 8192, 2048).cast(DType.BF16);
        measure("row times BF16 (8192, 2048)", "GB/s", 2.0 * 8192 * 2048 / 1e9, () -> Linear.apply(x, weight));
        for (int positions : new int[] {2048, 8192, 32768}) {
            scan(positions);
        }
        attention(2048);
        attention(8192);
        decoding(16384);
        decoding(103000);
    }

    private void scan(int positions) {
        Tensor decay = normal("g", 1, positions, 16);
        List<Tensor> operands = List.of(
                normal("q", 1, positions, 16, 128),
                normal("k", 1, positions, 16, 128),
                normal("v", 1, positions, 16, 128),
                decay.multiply(decay).negate(),
                normal("w", 1, positions, 16),
                normal("s", 1, 16, 128, 128));
        both("scan, T=%d, H=16, P=N=128".formatted(positions), new DecayScan(Sequences.whole(1, positions)), operands);
    }

    private void attention(int positions) {
        Shape shape = Shape.of(1, positions, 16, 128);
        List<Tensor> operands = List.of(normal("q", shape), normal("k", shape), normal("v", shape));
        var op = new SoftmaxAttention(0.088, true, positions, Sequences.whole(1, positions));
        both("attention, T=%d, 16 heads of 128".formatted(positions), op, operands);
    }

    private void decoding(int keys) {
        Tensor q = normal("q", 1, 1, 16, 128);
        Tensor k = normal("k", 1, keys, 16, 128).cast(DType.BF16);
        Tensor v = normal("v", 1, keys, 16, 128).cast(DType.BF16);
        var op = new SoftmaxAttention(0.088, true, keys, Sequences.whole(1, 1));
        double read = 2.0 * 2 * keys * 16 * 128 / 1e9;
        measure(
                "one query, %d BF16 keys of 16 heads".formatted(keys),
                "GB/s",
                read,
                () -> Tensors.apply(op, q, k, v).getFirst());
    }

    private void both(String name, FusedOp op, List<Tensor> operands) {
        measure(
                name + ", forward",
                "runs/s",
                1,
                () -> Tensors.apply(op, operands).getFirst());
        measure(name + ", forward and backward", "runs/s", 1, () -> {
            var tape = new Tape();
            List<Tensor> watched = operands.stream().map(tape::watch).toList();
            Tensor y = Tensors.apply(op, watched).getFirst();
            return tape.gradients(List.of(y), List.of(y.detach()), watched).getFirst();
        });
    }

    private Tensor normal(String name, int... extents) {
        return normal(name, Shape.of(extents));
    }

    // few random numbers, repeated: making many takes the host longer than the card needs to use them
    private Tensor normal(String name, Shape shape) {
        Tensor row = Randoms.seeded().normal(device, name, shape.extent(-1));
        return row.broadcastTo(shape);
    }

    private void measure(String name, String unit, double work, Supplier<Tensor> body) {
        if (System.nanoTime() > end) {
            return;
        }
        double[] millis = IntStream.range(0, RUNS + 2)
                .mapToDouble(i -> once(body))
                .skip(2)
                .sorted()
                .toArray();
        rows.add(new Row(name, unit, work, millis[RUNS / 4], millis[RUNS / 2], millis[RUNS - 1 - RUNS / 4]));
    }

    private double once(Supplier<Tensor> body) {
        return Scope.run(device, () -> {
            device.synchronize();
            long start = System.nanoTime();
            Scope.run(device, body::get);
            device.synchronize();
            return (System.nanoTime() - start) / 1e6;
        });
    }

    private void write(Path folder, String card) throws IOException {
        Files.write(folder.resolve("cuda.jsonl"), rows.stream().map(Row::json).toList());
        List<String> lines = new ArrayList<>(Arrays.asList(
                "# Speeds of a card",
                "",
                card,
                "",
                "| case | milliseconds (quartiles) | rate |",
                "| --- | --- | --- |"));
        rows.forEach(row -> lines.add(row.markdown()));
        lines.addAll(
                List.of("", "Each figure is the median of %d runs, the launch by the host included.".formatted(RUNS)));
        Files.write(folder.resolve("cuda.md"), lines);
    }
}
