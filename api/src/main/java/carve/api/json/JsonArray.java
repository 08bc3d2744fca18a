package carve.api.json;

import java.util.List;
import java.util.stream.Collectors;

/**
 * A JSON array.
 *
 * @param items the values in order
 */
public record JsonArray(List<JsonValue> items) implements JsonValue {
    private static final int DESCRIBED = 8;

    /** Copies the items. */
    public JsonArray {
        items = List.copyOf(items);
    }

    /** Returns the array of these values. */
    public static JsonArray of(JsonValue... items) {
        return new JsonArray(List.of(items));
    }

    /** Returns the array of these strings. */
    public static JsonArray ofStrings(List<String> items) {
        return new JsonArray(
                items.stream().map(item -> (JsonValue) new JsonString(item)).toList());
    }

    @Override
    public String describe() {
        if (items.size() > DESCRIBED || items.stream().anyMatch(JsonArray::isContainer)) {
            return "an array of " + items.size();
        }
        return items.stream().map(JsonValue::describe).collect(Collectors.joining(", ", "[", "]"));
    }

    private static boolean isContainer(JsonValue value) {
        return value instanceof JsonObject || value instanceof JsonArray;
    }
}
