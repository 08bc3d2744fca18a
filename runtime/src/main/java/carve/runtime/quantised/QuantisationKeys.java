package carve.runtime.quantised;

import carve.api.json.JsonArray;
import carve.api.json.JsonException;
import carve.api.json.JsonNull;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** A reader of {@code quantization_config}, or an object in it, that refuses keys that nobody asked for. Null counts as absent. */
final class QuantisationKeys {
    private final JsonObject json;
    private final Set<String> read = new HashSet<>();

    QuantisationKeys(JsonObject json) {
        this.json = json;
    }

    JsonObject json() {
        return json;
    }

    boolean has(String key) {
        read.add(key);
        return json.value(key).filter(value -> !(value instanceof JsonNull)).isPresent();
    }

    int integer(String key, int otherwise) {
        return has(key) ? json.integer(key) : otherwise;
    }

    boolean flag(String key, boolean otherwise) {
        return has(key) ? json.flag(key) : otherwise;
    }

    String string(String key, String otherwise) {
        return has(key) ? json.string(key) : otherwise;
    }

    List<String> strings(String key) {
        return has(key) ? json.strings(key) : List.of();
    }

    /** Returns the whole numbers of a key; none if it is absent. */
    List<Integer> integers(String key) {
        return has(key)
                ? json.array(key).items().stream().map(item -> whole(key, item)).toList()
                : List.of();
    }

    private int whole(String key, JsonValue item) {
        if (item instanceof JsonNumber number && number.whole().isPresent()) {
            return Math.toIntExact(number.whole().getAsLong());
        }
        throw json.error(key, "expected whole numbers, found " + item.describe());
    }

    /** Notes keys that change no weight. */
    void ignore(String... keys) {
        read.addAll(List.of(keys));
    }

    /**
     * Requires that a key is absent or has one of these values, the last words of the message say what others would ask for.
     *
     * @throws JsonException if it has another one
     */
    void require(String key, String reason, Object... only) {
        if (has(key) && !List.of(only).contains(plain(json.value(key).orElseThrow()))) {
            String values = List.of(only).stream().map(Object::toString).collect(Collectors.joining(" or "));
            throw json.error(
                    key,
                    "is %s, which is not supported%s; it must be %s"
                            .formatted(json.value(key).orElseThrow().describe(), reason, values));
        }
    }

    private static Object plain(JsonValue value) {
        return value instanceof JsonString(String text) ? text : value.describe();
    }

    /**
     * Requires that a key is absent or empty.
     *
     * @throws JsonException if it is not
     */
    void requireEmpty(String key, String reason) {
        boolean empty = !has(key)
                || json.value(key).orElseThrow() instanceof JsonObject object
                        && object.keys().isEmpty()
                || json.value(key).orElseThrow() instanceof JsonArray(List<JsonValue> items) && items.isEmpty();
        if (!empty) {
            throw json.error(key, "is not supported: " + reason);
        }
    }

    /**
     * Fails if a key has a value and was neither read nor ignored.
     *
     * @throws JsonException if there is one; it names all
     */
    void requireAllRead() {
        List<String> unread = json.members().entrySet().stream()
                .filter(entry -> !(entry.getValue() instanceof JsonNull) && !read.contains(entry.getKey()))
                .map(entry -> "'" + entry.getKey() + "'")
                .toList();
        if (!unread.isEmpty()) {
            throw new JsonException(
                    "quantization_config: not supported: %s, which may change what the weights stand for"
                            .formatted(String.join(", ", unread)));
        }
    }
}
