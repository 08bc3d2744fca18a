package carve.models.text;

import carve.api.json.JsonArray;
import carve.api.json.JsonNull;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The keys that a JSON file may have. A key is used, or harmless for a reason, or accepted only with a value that asks for nothing;
 * every other one is a problem. Null asks for nothing.
 *
 * @param used the keys that are read
 * @param harmless the keys whose values change nothing here, with the reason
 * @param neutral the other keys, with the values that ask for nothing
 */
public record KeyTable(Set<String> used, Map<String, String> harmless, Map<String, Predicate<JsonValue>> neutral) {
    /** Copies the collections. */
    public KeyTable {
        used = Set.copyOf(used);
        harmless = Map.copyOf(harmless);
        neutral = Map.copyOf(neutral);
    }

    /** Returns what is wrong with the keys of a file, sorted; nothing if each is known. */
    public List<String> problems(JsonObject file) {
        List<String> problems = new ArrayList<>();
        file.keys().stream().sorted().forEach(key -> {
            JsonValue value = file.value(key).orElseThrow();
            if (used.contains(key) || harmless.containsKey(key) || value instanceof JsonNull) {
                return;
            }
            if (!neutral.containsKey(key)) {
                problems.add("key '%s' is unknown, and may change results".formatted(key));
            } else if (!neutral.get(key).test(value)) {
                problems.add("key '%s' is not supported, found %s".formatted(key, value.describe()));
            }
        });
        return problems;
    }

    /** Returns harmless keys, all with the same reason. */
    static Map<String, String> harmless(String reason, String... keys) {
        Map<String, String> all = new LinkedHashMap<>();
        for (String key : keys) {
            all.put(key, reason);
        }
        return all;
    }

    /** Returns the test for a number. */
    static Predicate<JsonValue> number(double neutral) {
        return value -> value instanceof JsonNumber number && number.real() == neutral;
    }

    /** Returns the test for an array or an object without content. */
    static Predicate<JsonValue> empty() {
        return value -> value instanceof JsonArray array && array.items().isEmpty()
                || value instanceof JsonObject object && object.keys().isEmpty();
    }

    /** Returns the test that no value but null passes. */
    static Predicate<JsonValue> onlyNull() {
        return _ -> false;
    }
}
