package carve.runtime.plan;

import carve.api.json.JsonArray;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Picks single keys out of YAML, wherever they stand: {@code key: value}, {@code key: [a, b]} over one line or several, and
 * lists of lines that begin with a dash. All else is passed over; this is no parser of YAML.
 */
final class YamlKeyScanner {
    private static final Pattern KEY = Pattern.compile("\\s*(?:-\\s+)?([A-Za-z_][A-Za-z0-9_-]*)\\s*:\\s*(.*)");
    private static final Pattern ITEM = Pattern.compile("\\s*-\\s+([^:]+)");
    private static final Pattern REMARK = Pattern.compile("(^|\\s)#.*$");

    private YamlKeyScanner() {}

    /** Returns the values of keys that a text has; the first one of each. */
    static JsonObject read(String text, Set<String> keys) {
        List<String> lines = text.lines()
                .map(line -> REMARK.matcher(line).replaceFirst("").stripTrailing())
                .filter(line -> !line.isBlank())
                .toList();
        JsonObject found = JsonObject.empty();
        for (int i = 0; i < lines.size(); i++) {
            Matcher matcher = KEY.matcher(lines.get(i));
            if (matcher.matches() && keys.contains(matcher.group(1)) && !found.has(matcher.group(1))) {
                found = found.with(
                        matcher.group(1), value(matcher.group(2).strip(), lines.subList(i + 1, lines.size())));
            }
        }
        return found;
    }

    private static JsonValue value(String first, List<String> next) {
        if (first.startsWith("[")) {
            StringBuilder whole = new StringBuilder(first);
            for (int i = 0; whole.indexOf("]") < 0 && i < next.size(); i++) {
                whole.append(' ').append(next.get(i).strip());
            }
            String inside = whole.substring(1, whole.indexOf("]") < 0 ? whole.length() : whole.indexOf("]"));
            return items(Arrays.stream(inside.split(","))
                    .map(String::strip)
                    .filter(item -> !item.isEmpty())
                    .toList());
        }
        if (!first.isEmpty()) {
            return scalar(first);
        }
        List<String> dashed = new ArrayList<>();
        for (String line : next) {
            Matcher item = ITEM.matcher(line);
            if (!item.matches()) {
                break;
            }
            dashed.add(item.group(1).strip());
        }
        return items(dashed);
    }

    private static JsonArray items(List<String> items) {
        return new JsonArray(items.stream().map(YamlKeyScanner::scalar).toList());
    }

    private static JsonValue scalar(String text) {
        if (text.matches("-?\\d{1,9}")) {
            return JsonNumber.of(Long.parseLong(text));
        }
        boolean quoted = text.length() > 1 && text.matches("'.*'|\".*\"");
        return new JsonString(quoted ? text.substring(1, text.length() - 1) : text);
    }
}
