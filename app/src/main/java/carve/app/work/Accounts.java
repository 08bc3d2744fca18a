package carve.app.work;

import carve.api.config.JsonObject;
import carve.api.config.JsonValue;
import carve.api.model.Conversion;
import carve.api.model.Conversion.Fate;
import carve.app.terminal.Amounts;
import carve.app.terminal.Table;
import carve.app.terminal.Terminal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** Shows what became of every tensor of a conversion. */
final class Accounts {
    private static final Pattern LAYER = Pattern.compile("^layers\\.(\\d+)\\.");

    private Accounts() {}

    private record Key(String name, String shape, Fate fate) {}

    /** Tensors that differ in their layers alone. */
    private record Line(List<Integer> layers, List<Long> sizes) {
        private long size() {
            return sizes.stream().mapToLong(Long::longValue).sum();
        }
    }

    /** Prints a line for each kind of tensor, and the sums. */
    static void print(Terminal terminal, List<Conversion.Entry> account) {
        Map<Key, Line> lines = new LinkedHashMap<>();
        for (Conversion.Entry entry : account) {
            var matcher = LAYER.matcher(entry.name());
            boolean layered = matcher.find();
            String name = layered ? "layers.*." + entry.name().substring(matcher.end()) : entry.name();
            Line line = lines.computeIfAbsent(
                    new Key(name, entry.type().toString(), entry.fate()),
                    _ -> new Line(new ArrayList<>(), new ArrayList<>()));
            line.sizes().add(entry.type().shape().size());
            if (layered) {
                line.layers().add(Integer.valueOf(matcher.group(1)));
            }
        }
        Table table = new Table("TENSOR", "TYPE", "LAYERS", "PARAMETERS", "");
        lines.forEach((key, line) -> table.row(
                key.name(),
                key.shape(),
                ranges(line.layers()),
                Amounts.count(line.size()),
                key.fate().name().toLowerCase(Locale.ROOT)));
        table.print(terminal);
        terminal.println("");
        sums(terminal, account);
    }

    private static void sums(Terminal terminal, List<Conversion.Entry> account) {
        for (Fate fate : Fate.values()) {
            List<Conversion.Entry> those =
                    account.stream().filter(entry -> entry.fate() == fate).toList();
            long size = those.stream()
                    .mapToLong(entry -> entry.type().shape().size())
                    .sum();
            terminal.println("%-11s  %5s tensors, %s parameters"
                    .formatted(fate.name().toLowerCase(Locale.ROOT), Amounts.count(those.size()), Amounts.count(size)));
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

    /** Returns the account as JSON: for each tensor its fate. */
    static JsonObject json(List<Conversion.Entry> account) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        account.forEach(entry -> members.put(
                entry.name(),
                JsonObject.empty()
                        .with("type", entry.type().toString())
                        .with("fate", entry.fate().name().toLowerCase(Locale.ROOT))));
        return JsonObject.of(members);
    }
}
