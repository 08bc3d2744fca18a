package carve.models.template.value;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Python's {@code json.dumps}.
 *
 * @param ascii whether other characters are escaped
 * @param indented whether every item stands on a line of its own
 * @param indent what stands before an item for each level
 * @param itemSeparator what stands between items
 * @param keySeparator what stands between key and value
 * @param sorted whether keys are sorted
 */
public record JsonText(
        boolean ascii, boolean indented, String indent, String itemSeparator, String keySeparator, boolean sorted) {

    /**
     * Returns the JSON of a value.
     *
     * @throws PythonException if it has none
     */
    public String of(Value value, Budget budget) {
        TextBuilder out = new TextBuilder(budget);
        add(out, value, 0, budget);
        return out.toString();
    }

    private void add(TextBuilder out, Value value, int level, Budget budget) {
        switch (value) {
            case NoneValue none -> out.append("null");
            case BooleanValue b -> out.append(b.truth() ? "true" : "false");
            case IntegerValue i -> out.append(Repr.digits(i));
            case FloatValue f -> out.append(number(f.value()));
            case StringValue s -> out.append(quoted(s.text()));
            case ListValue list -> addItems(out, list.items(), level, budget);
            case TupleValue tuple -> addItems(out, tuple.items(), level, budget);
            case DictValue dict -> addDict(out, dict, level, budget);
            default ->
                throw PythonException.type("Object of type %s is not JSON serializable".formatted(value.typeName()));
        }
    }

    private static String number(double value) {
        return Double.isNaN(value)
                ? "NaN"
                : Double.isInfinite(value) ? (value > 0 ? "Infinity" : "-Infinity") : FloatText.of(value);
    }

    private void addItems(TextBuilder out, List<Value> items, int level, Budget budget) {
        if (items.isEmpty()) {
            out.append("[]");
            return;
        }
        out.append("[");
        for (int i = 0; i < items.size(); i++) {
            separate(out, i, level + 1);
            add(out, items.get(i), level + 1, budget);
        }
        newLine(out, level);
        out.append("]");
    }

    private void addDict(TextBuilder out, DictValue dict, int level, Budget budget) {
        if (dict.items().isEmpty()) {
            out.append("{}");
            return;
        }
        List<DictValue.Item> items = new ArrayList<>(dict.items());
        if (sorted) {
            items.sort(Comparator.comparing(DictValue.Item::key, (a, b) -> Sorting.compare(a, b, budget)));
        }
        out.append("{");
        for (int i = 0; i < items.size(); i++) {
            separate(out, i, level + 1);
            out.append(quoted(key(items.get(i).key()))).append(keySeparator);
            add(out, items.get(i).value(), level + 1, budget);
        }
        newLine(out, level);
        out.append("}");
    }

    private void separate(TextBuilder out, int index, int level) {
        if (index > 0) {
            out.append(itemSeparator);
        }
        newLine(out, level);
    }

    private void newLine(TextBuilder out, int level) {
        if (indented) {
            out.append("\n").repeat(indent, level);
        }
    }

    private static String key(Value key) {
        return switch (key) {
            case StringValue s -> s.text();
            case NoneValue none -> "null";
            case BooleanValue b -> b.truth() ? "true" : "false";
            case IntegerValue i -> Repr.digits(i);
            case FloatValue f -> number(f.value());
            default -> throw PythonException.type("keys must be str, int, float, bool or None, not " + key.typeName());
        };
    }

    private String quoted(String text) {
        StringBuilder out = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\f' -> out.append("\\f");
                case '\b' -> out.append("\\b");
                default -> {
                    if (c < ' ' || ascii && c > '~') {
                        out.append("\\u%04x".formatted((int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        return out.append('"').toString();
    }
}
