package carve.api.json;

import carve.api.config.NameSuggestions;
import carve.api.data.FileNames;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * A JSON object whose keys keep their order, with typed access that says file and path when it fails.
 *
 * <p>The accessors named for a type want the key to be there and of that type; the {@code optional} ones return empty when
 * the key is absent or null, and fail when it has another type.
 *
 * {@snippet :
 * JsonObject config = Json.readObject(folder.resolve("config.json"));
 * int width = config.object("llm_config").integer("hidden_size");
 * }
 */
public final class JsonObject implements JsonValue {
    private final String origin;
    private final JsonPath path;
    private final Map<String, JsonValue> members;

    JsonObject(String origin, JsonPath path, Map<String, JsonValue> members) {
        this.origin = origin;
        this.path = path;
        this.members = Collections.unmodifiableMap(members);
    }

    /** Returns an object without members, of no particular origin. */
    public static JsonObject empty() {
        return of(Map.of());
    }

    /** Returns an object with a copy of these members in the map's order. */
    public static JsonObject of(Map<String, ? extends JsonValue> members) {
        return new JsonObject("", JsonPath.ROOT, new LinkedHashMap<>(members));
    }

    /** Returns the members in order, unmodifiable. */
    public Map<String, JsonValue> members() {
        return members;
    }

    /** Returns the keys in order. */
    public Set<String> keys() {
        return members.keySet();
    }

    /** Returns where the object was read, such as {@code config.json}; empty if it was made in memory. */
    public String origin() {
        return origin;
    }

    /** Returns whether there is such a key, whatever its value; null counts. */
    public boolean has(String key) {
        return members.containsKey(key);
    }

    /** Returns the value of a key, if there is one; null is a value here. */
    public Optional<JsonValue> value(String key) {
        return Optional.ofNullable(members.get(key));
    }

    /** Returns a copy where the key has this value, at its old place or at the end. */
    public JsonObject with(String key, JsonValue value) {
        var changed = new LinkedHashMap<>(members);
        changed.put(key, value);
        return new JsonObject(origin, path, changed);
    }

    /** Returns a copy with this string. */
    public JsonObject with(String key, String value) {
        return with(key, new JsonString(value));
    }

    /** Returns a copy with this number. */
    public JsonObject with(String key, long value) {
        return with(key, JsonNumber.of(value));
    }

    /** Returns a copy with this number. */
    public JsonObject with(String key, double value) {
        return with(key, JsonNumber.of(value));
    }

    /** Returns a copy with this boolean. */
    public JsonObject with(String key, boolean value) {
        return with(key, new JsonBoolean(value));
    }

    /** Returns a copy without the key. */
    public JsonObject without(String key) {
        var changed = new LinkedHashMap<>(members);
        changed.remove(key);
        return new JsonObject(origin, path, changed);
    }

    /** Returns the string of a key. */
    public String string(String key) {
        return required(key, "a string") instanceof JsonString s ? s.text() : refuse(key, "a string");
    }

    /** Returns the whole number of a key; one that an int cannot hold is refused. */
    public int integer(String key) {
        long value = longInteger(key);
        if (value != (int) value) {
            refuse(key, "an integer of 32 bits");
        }
        return (int) value;
    }

    /** Returns the whole number of a key. */
    public long longInteger(String key) {
        OptionalLong whole = required(key, "an integer") instanceof JsonNumber n ? n.whole() : OptionalLong.empty();
        return whole.isPresent() ? whole.getAsLong() : refuse(key, "an integer");
    }

    /** Returns the number of a key. */
    public double real(String key) {
        return required(key, "a number") instanceof JsonNumber n ? n.real() : refuse(key, "a number");
    }

    /** Returns the boolean of a key. */
    public boolean flag(String key) {
        return required(key, "true or false") instanceof JsonBoolean b ? b.value() : refuse(key, "true or false");
    }

    /** Returns the object of a key. */
    public JsonObject object(String key) {
        return required(key, "an object") instanceof JsonObject o ? o : refuse(key, "an object");
    }

    /** Returns the array of a key. */
    public JsonArray array(String key) {
        return required(key, "an array") instanceof JsonArray a ? a : refuse(key, "an array");
    }

    /** Returns the array of a key whose items are all strings. */
    public List<String> strings(String key) {
        return array(key).items().stream()
                .map(item -> item instanceof JsonString s ? s.text() : this.<String>refuse(key, "an array of strings"))
                .toList();
    }

    /** Returns the path of a key, relative to a folder unless it is absolute. */
    public Path path(String key, Path folder) {
        return path(key, folder, string(key));
    }

    /** Returns the paths of a key whose value is one name or an array of names; none if there is no such key. */
    public List<Path> paths(String key, Path folder) {
        if (!has(key)) {
            return List.of();
        }
        List<String> names = members.get(key) instanceof JsonArray ? strings(key) : List.of(string(key));
        return names.stream().map(name -> path(key, folder, name)).toList();
    }

    private Path path(String key, Path folder, String name) {
        return FileNames.resolve(folder, name)
                .orElseThrow(() -> error(key, "expected the name of a file, found " + new JsonString(name).describe()));
    }

    /** Returns the string of a key, if there is one. */
    public Optional<String> optionalString(String key) {
        return isNull(key) ? Optional.empty() : Optional.of(string(key));
    }

    /** Returns the whole number of a key, if there is one. */
    public Optional<Integer> optionalInteger(String key) {
        return isNull(key) ? Optional.empty() : Optional.of(integer(key));
    }

    /** Returns the number of a key, if there is one. */
    public Optional<Double> optionalReal(String key) {
        return isNull(key) ? Optional.empty() : Optional.of(real(key));
    }

    /** Returns the boolean of a key, if there is one. */
    public Optional<Boolean> optionalFlag(String key) {
        return isNull(key) ? Optional.empty() : Optional.of(flag(key));
    }

    /** Returns the object of a key, if there is one. */
    public Optional<JsonObject> optionalObject(String key) {
        return isNull(key) ? Optional.empty() : Optional.of(object(key));
    }

    /** Returns the array of a key, if there is one. */
    public Optional<JsonArray> optionalArray(String key) {
        return isNull(key) ? Optional.empty() : Optional.of(array(key));
    }

    /** Returns the exception that says this of a key, with origin and path, for checks that types do not make. */
    public JsonException error(String key, String problem) {
        return new JsonException(where(key) + ": " + problem);
    }

    private boolean isNull(String key) {
        return members.getOrDefault(key, new JsonNull()) instanceof JsonNull;
    }

    private JsonValue required(String key, String expected) {
        JsonValue value = members.get(key);
        if (value == null) {
            throw error(
                    key,
                    "expected " + expected + ", found no such key" + NameSuggestions.suggestion(key, members.keySet()));
        }
        return value;
    }

    private <T> T refuse(String key, String expected) {
        throw error(
                key,
                "expected %s, found %s".formatted(expected, members.get(key).describe()));
    }

    private String where(String key) {
        String full = path.member(key).toString();
        return origin.isEmpty() ? full : origin + ": " + full;
    }

    @Override
    public String describe() {
        return "an object";
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof JsonObject object && members.equals(object.members);
    }

    @Override
    public int hashCode() {
        return members.hashCode();
    }

    /** Returns the object as JSON on one line. */
    @Override
    public String toString() {
        return Json.compact(this);
    }
}
