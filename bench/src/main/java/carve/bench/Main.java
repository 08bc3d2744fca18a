package carve.bench;

import carve.api.config.MapSettings;
import carve.api.device.Device;
import carve.api.device.DeviceProvider;
import carve.api.op.DecayScan;
import carve.api.op.Linear;
import carve.api.op.Sequences;
import carve.api.op.SoftmaxAttention;
import carve.api.tensor.DType;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.SplittableRandom;

/** Prints what a device reaches of the limits of its machine. */
public final class Main {
    private static final double GIGA = 1e9;

    private final PrintStream out;
    private final Limits limits;
    private final Device device;

    private Main(PrintStream out, Limits limits, Device device) {
        this.out = out;
        this.limits = limits;
        this.device = device;
    }

    /**
     * Measures the device that the first argument names, or {@code cpu}.
     *
     * @param arguments the name of a device
     */
    public static void main(String... arguments) {
        String name = arguments.length == 0 ? "cpu" : arguments[0];
        DeviceProvider provider = ServiceLoader.load(DeviceProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .filter(found -> found.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no device '" + name + "' on the module path"));
        Limits limits = Limits.measure();
        try (Device device = provider.open(MapSettings.of(Map.of()))) {
            new Main(System.out, limits, device).run(provider);
        }
    }

    private void run(DeviceProvider provider) {
        out.printf("%s: %s, JDK %s%n", device.name(), provider.probe(), Runtime.version());
        out.printf("limits: %.1f GFLOP/s F32, %.1f GB/s read%n%n", limits.flops() / GIGA, limits.bytes() / GIGA);
        out.printf("%-58s %28s %22s %6s%n", "", "ms: quartile, median, quartile", "", "limit");
        Operands operands = new Operands(device, new SplittableRandom(42));
        for (Measurement m : products(operands)) {
            report(m, false);
        }
        for (Measurement m : sequences(operands)) {
            report(m, false);
            report(m, true);
        }
        Step step = new Step(operands);
        line("training step, 3.3 M parameters, 2048 tokens", Sample.of(step::run), Step.work(), false);
    }

    private void report(Measurement m, boolean gradients) {
        if (!gradients) {
            m.verify(device);
        }
        // the gradients of a product take two products of its size
        double work = gradients ? 3 * m.work() : m.work();
        line(
                m.name() + (gradients ? ", with gradients" : ""),
                gradients ? m.both(device) : m.forward(device),
                work,
                m.inBytes());
    }

    private void line(String name, Sample time, double work, boolean bytes) {
        double rate = work / time.median();
        out.printf(
                "%-58s %8.3f %8.3f %8.3f %10.1f %-9s %5.0f %%%n",
                name,
                1e3 * time.low(),
                1e3 * time.median(),
                1e3 * time.high(),
                rate / GIGA,
                bytes ? "GB/s" : "GFLOP/s",
                100 * rate / (bytes ? limits.bytes() : limits.flops()));
    }

    private static List<Measurement> products(Operands operands) {
        List<Measurement> all = new ArrayList<>();
        for (int[] size : new int[][] {{1536, 576, 192}, {2048, 512, 192}, {1024, 1024, 1024}, {2048, 2048, 2048}}) {
            all.add(new Measurement(
                    "product %d x %d x %d".formatted(size[0], size[1], size[2]),
                    new Linear(),
                    List.of(operands.random(1, size[0], size[2]), operands.random(1, size[1], size[2])),
                    2.0 * size[0] * size[1] * size[2],
                    false));
        }
        all.add(new Measurement(
                "one row x 32768 x 2048, BF16 weights",
                new Linear(),
                List.of(
                        operands.random(1, 1, 2048),
                        operands.random(1, 32768, 2048).cast(DType.BF16)),
                2.0 * 32768 * 2048,
                true));
        return all;
    }

    private static List<Measurement> sequences(Operands operands) {
        return List.of(
                scan(operands, 32, 64, 6, 32), scan(operands, 1, 2048, 16, 128),
                attention(operands, 32, 64, 6, 32), attention(operands, 1, 1024, 16, 128));
    }

    /** A scan, its work counted in the recurrent form: decay, add and read a state at each position. */
    private static Measurement scan(Operands operands, int rows, int positions, int heads, int width) {
        return new Measurement(
                "decay scan, %d x %d, %d heads of %d".formatted(rows, positions, heads, width),
                new DecayScan(Sequences.whole(rows, positions)),
                List.of(
                        operands.random(1, rows, positions, heads, width),
                                operands.random(1, rows, positions, heads, width),
                        operands.random(1, rows, positions, heads, width),
                                operands.between(-1, 0, rows, positions, heads),
                        operands.between(0, 1, rows, positions, heads), operands.random(1, rows, heads, width, width)),
                5.0 * rows * positions * heads * width * width,
                false);
    }

    /** Causal attention, its work counted over the keys that are seen. */
    private static Measurement attention(Operands operands, int rows, int positions, int heads, int width) {
        return new Measurement(
                "causal attention, %d x %d, %d heads of %d".formatted(rows, positions, heads, width),
                new SoftmaxAttention(1 / Math.sqrt(width), true, positions, Sequences.whole(rows, positions)),
                List.of(
                        operands.random(1, rows, positions, heads, width),
                        operands.random(1, rows, positions, heads, width),
                        operands.random(1, rows, positions, heads, width)),
                2.0 * rows * heads * width * positions * (positions + 1),
                false);
    }
}
