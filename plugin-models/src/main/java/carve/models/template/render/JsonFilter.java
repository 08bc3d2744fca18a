package carve.models.template.render;

import carve.models.template.value.BooleanValue;
import carve.models.template.value.Iteration;
import carve.models.template.value.JsonText;
import carve.models.template.value.Numbers;
import carve.models.template.value.PythonException;
import carve.models.template.value.Signature;
import carve.models.template.value.StringValue;
import carve.models.template.value.Value;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The filter {@code tojson} of Transformers: {@code json.dumps} with characters as they are, and no escapes for HTML. */
final class JsonFilter {
    private JsonFilter() {}

    static void addTo(Map<String, Filter> all) {
        all.put(
                "tojson",
                Filter.of(
                        Signature.of(
                                "_cached_compile_jinja_template.<locals>.tojson",
                                0,
                                "x",
                                "ensure_ascii=",
                                "indent=",
                                "separators=",
                                "sort_keys="),
                        JsonFilter::dumped));
    }

    private static Value dumped(FilterTools tools, Signature.Bound a) {
        Optional<Value> indent = a.some(2);
        List<String> separators =
                a.some(3).map(pair -> separators(tools, pair)).orElse(List.of(indent.isPresent() ? "," : ", ", ": "));
        JsonText json = new JsonText(
                a.optional(1).orElse(BooleanValue.FALSE).truth(),
                indent.isPresent(),
                indent.map(JsonFilter::indentation).orElse(""),
                separators.get(0),
                separators.get(1),
                a.flag(4));
        return StringValue.of(json.of(a.at(0), tools.budget()));
    }

    private static String indentation(Value indent) {
        if (indent instanceof StringValue s) {
            return s.text();
        }
        long width = Numbers.clampedLong(indent);
        if (width > 1000) {
            throw PythonException.limit("JSON is indented by more than 1000 blanks");
        }
        return " ".repeat((int) Math.max(0, width));
    }

    private static List<String> separators(FilterTools tools, Value pair) {
        List<Value> items = Iteration.list(pair, tools.budget());
        if (items.size() != 2) {
            throw PythonException.value(
                    items.size() > 2
                            ? "too many values to unpack (expected 2)"
                            : "not enough values to unpack (expected 2, got %d)".formatted(items.size()));
        }
        return items.stream().map(tools::str).toList();
    }
}
