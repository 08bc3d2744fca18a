package carve.bench.gpu;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.stream.Stream;

/** The results beside the goals for an H200: each goal has its row, also where it could not be measured. */
final class PerformanceGoals {
    static final String PART = "goals";
    private static final double DECODE_BANDWIDTH = 0.8;
    private static final double FLATNESS = 1.03;
    private static final double LINEAR_MEMORY = 0.7;
    private static final double HYBRID_MEMORY = 0.55;
    private static final double SCAN = 1;
    private static final double ATTENTION = 0.7;
    private static final double PRODUCT = 0.97;
    private static final double TRAINING = 0.6;

    private final List<Measurement> figures;
    private final List<Measurement> goals = new ArrayList<>();

    private PerformanceGoals(List<Measurement> figures) {
        this.figures = figures;
    }

    /**
     * Returns a row for each goal.
     *
     * @param figures all that was found
     * @param bandwidth of a copy, in billions of bytes a second
     * @param products BF16 operations in a second, in billions
     * @param length of the sequence at which models are compared
     * @param lengths of all sequences
     */
    static List<Measurement> of(
            List<Measurement> figures, double bandwidth, double products, int length, int... lengths) {
        var all = new PerformanceGoals(figures);
        all.atLeast(
                "token of the linear model at %d, share of the bandwidth".formatted(length),
                DECODE_BANDWIDTH,
                all.value("linear at " + length, 1 / bandwidth));
        all.flat(lengths);
        all.memory("linear", length, LINEAR_MEMORY);
        all.memory("hybrid", length, HYBRID_MEMORY);
        all.slowest("scan", "forward", "Triton", SCAN);
        all.slowest("scan", "forward and backward", "Triton", SCAN);
        all.slowest("attention", "forward", "PyTorch", ATTENTION);
        all.slowest("product of F32", "cubed", PeerComparison.DIRECT, PRODUCT);
        all.slowest("product of BF16", "cubed", PeerComparison.DIRECT, PRODUCT);
        all.atLeast("training step of a pair, share of the rate of products", TRAINING, all.training(products));
        return all.goals;
    }

    private Stream<Measurement> named(String name) {
        return figures.stream().filter(measurement -> measurement.name().equals(name));
    }

    private OptionalDouble value(String name, double factor) {
        return named(name)
                .mapToDouble(measurement -> measurement.value() * factor)
                .findFirst();
    }

    private OptionalDouble training(double products) {
        return figures.stream()
                .filter(measurement ->
                        measurement.section().equals(TrainingBenchmark.PART) && measurement.millis().length > 0)
                .mapToDouble(measurement -> measurement.value() / products)
                .max();
    }

    // the longest step against the shortest
    private void flat(int... lengths) {
        double[] millis = Arrays.stream(lengths)
                .mapToObj(length -> named("linear at " + length))
                .flatMap(found -> found)
                .mapToDouble(measurement -> measurement.millis()[1])
                .sorted()
                .toArray();
        OptionalDouble spread = millis.length == lengths.length
                ? OptionalDouble.of(millis[millis.length - 1] / millis[0])
                : OptionalDouble.empty();
        boolean met = spread.isPresent() && spread.getAsDouble() <= FLATNESS;
        add(
                "token of the linear model at %s, slowest to fastest".formatted(Arrays.toString(lengths)),
                spread,
                "at most",
                FLATNESS,
                met);
    }

    private void memory(String model, int length, double goal) {
        OptionalDouble own = value("%s at %d, memory".formatted(model, length), 1);
        OptionalDouble whole = value("transformer at %d, memory".formatted(length), 1);
        atLeast(
                "memory of the %s model at %d, saved against the Transformer".formatted(model, length),
                goal,
                own.isPresent() && whole.isPresent()
                        ? OptionalDouble.of(1 - own.getAsDouble() / whole.getAsDouble())
                        : OptionalDouble.empty());
    }

    // the longest of the cases that both have is meant for products and attention, each of them for scans: the least
    // counts
    private void slowest(String what, String ends, String by, double goal) {
        List<Measurement> beside = figures.stream()
                .filter(measurement -> measurement.section().equals(PeerComparison.PART)
                        && measurement.name().startsWith(what)
                        && measurement.name().endsWith(ends)
                        && measurement.note().contains(by))
                .toList();
        boolean longest = !what.equals("scan");
        OptionalDouble found = longest
                ? beside.stream()
                        .skip(Math.max(0, beside.size() - 1))
                        .mapToDouble(Measurement::value)
                        .findFirst()
                : beside.stream().mapToDouble(Measurement::value).min();
        atLeast("%s, %s, against %s".formatted(what, ends, by), goal, found);
    }

    private void atLeast(String name, double goal, OptionalDouble found) {
        add(name, found, "at least", goal, found.isPresent() && found.getAsDouble() >= goal);
    }

    private void add(String name, OptionalDouble found, String how, double goal, boolean met) {
        String verdict = found.isEmpty() ? "NOT MEASURED" : met ? "met" : "MISSED";
        goals.add(Measurement.number(
                PART,
                name,
                found.orElse(Double.NaN),
                "",
                String.format(Locale.ROOT, "%s; goal: %s %.2f", verdict, how, goal)));
    }
}
