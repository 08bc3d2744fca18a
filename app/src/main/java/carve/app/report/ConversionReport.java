package carve.app.report;

import carve.runtime.convert.Conversion;
import carve.runtime.convert.Conversion.Outcome;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** A table of where the tensors of a converted model come from. */
public final class ConversionReport {
    private static final Pattern LAYER = Pattern.compile("^layers\\.(\\d+)\\.");

    private ConversionReport() {}

    private record Key(String name, String shape, Outcome outcome) {}

    /** Tensors that differ in their layers alone. */
    private record Line(List<Integer> layers, List<Long> sizes) {
        private long size() {
            return sizes.stream().mapToLong(Long::longValue).sum();
        }
    }

    /** Prints a line for each kind of tensor, and the sums. */
    public static void print(Terminal terminal, List<Conversion.TensorReport> account) {
        Map<Key, Line> lines = new LinkedHashMap<>();
        for (Conversion.TensorReport tensorReport : account) {
            var matcher = LAYER.matcher(tensorReport.name());
            boolean layered = matcher.find();
            String name = layered ? "layers.*." + tensorReport.name().substring(matcher.end()) : tensorReport.name();
            Line line = lines.computeIfAbsent(
                    new Key(name, tensorReport.type().toString(), tensorReport.outcome()),
                    _ -> new Line(new ArrayList<>(), new ArrayList<>()));
            line.sizes().add(tensorReport.type().shape().size());
            if (layered) {
                line.layers().add(Integer.valueOf(matcher.group(1)));
            }
        }
        TextTable textTable = new TextTable("TENSOR", "TYPE", "LAYERS", "PARAMETERS", "");
        lines.forEach((key, line) -> textTable.row(
                key.name(),
                key.shape(),
                ranges(line.layers()),
                HumanReadable.count(line.size()),
                key.outcome().name().toLowerCase(Locale.ROOT)));
        textTable.print(terminal);
        terminal.println("");
        printTotals(terminal, account);
    }

    private static void printTotals(Terminal terminal, List<Conversion.TensorReport> account) {
        for (Outcome outcome : Outcome.values()) {
            List<Conversion.TensorReport> those = account.stream()
                    .filter(tensorReport -> tensorReport.outcome() == outcome)
                    .toList();
            long size = those.stream()
                    .mapToLong(tensorReport -> tensorReport.type().shape().size())
                    .sum();
            terminal.println("%-11s  %5s tensors, %s parameters"
                    .formatted(
                            outcome.name().toLowerCase(Locale.ROOT),
                            HumanReadable.count(those.size()),
                            HumanReadable.count(size)));
        }
    }

    // 0-3, 5, 7-8
    private static String ranges(List<Integer> layers) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < layers.size(); i++) {
            int first = layers.get(i);
            int last = first;
            while (i + 1 < layers.size() && layers.get(i + 1) == last + 1) {
                last = layers.get(++i);
            }
            text.append(text.isEmpty() ? "" : ",").append(first == last ? "" + first : first + "-" + last);
        }
        return text.toString();
    }
}
