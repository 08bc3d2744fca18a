package carve.bench.gpu;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The models beside each other at each length, as a paper's table has them: milliseconds and memory of one token. */
final class ModelComparison {
    private static final List<String> MODELS = List.of("transformer", "hybrid", "linear");

    private ModelComparison() {}

    /** Returns lines of Markdown; none where no model was measured. */
    static List<String> of(List<Measurement> figures, int... lengths) {
        List<String> lines = new ArrayList<>();
        for (String model : MODELS) {
            List<Optional<Measurement>> times = each(figures, model + " at %d", lengths);
            List<Optional<Measurement>> memory = each(figures, model + " at %d, memory", lengths);
            List<Optional<Measurement>> first = each(figures, MODELS.getFirst() + " at %d", lengths);
            if (times.stream().anyMatch(Optional::isPresent)) {
                lines.add("| %s | %s |"
                        .formatted(
                                model,
                                IntStream.range(0, lengths.length)
                                        .mapToObj(i -> cell(times.get(i), memory.get(i), first.get(i)))
                                        .collect(Collectors.joining(" | "))));
            }
        }
        if (!lines.isEmpty()) {
            String head = Arrays.stream(lengths).mapToObj(Integer::toString).collect(Collectors.joining(" | "));
            lines.addAll(
                    0, List.of("", "## time and memory of a token by context length", "", "| model | " + head + " |"));
            lines.add(4, "| --- |" + " --- |".repeat(lengths.length));
        }
        return lines;
    }

    private static List<Optional<Measurement>> each(List<Measurement> figures, String name, int... lengths) {
        return Arrays.stream(lengths)
                .mapToObj(length -> figures.stream()
                        .filter(measurement -> measurement.name().equals(name.formatted(length)))
                        .findFirst())
                .toList();
    }

    private static String cell(Optional<Measurement> time, Optional<Measurement> memory, Optional<Measurement> first) {
        if (time.isEmpty()) {
            return "not measured";
        }
        double millis = time.get().millis()[1];
        String faster = first.map(
                        other -> String.format(Locale.ROOT, ", %.1f times as fast", other.millis()[1] / millis))
                .orElse("");
        String bytes = memory.map(measurement -> String.format(Locale.ROOT, ", %.2f GB", measurement.value()))
                .orElse("");
        return String.format(Locale.ROOT, "%.3f ms%s%s", millis, faster, bytes);
    }
}
