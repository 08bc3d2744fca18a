package carve.api.decoder;

import carve.api.config.NameSuggestions;
import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonException;
import carve.api.json.JsonNull;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A reader of {@code config.json} that refuses what nobody asked for: at the end, {@link #requireAllRead} fails by name for each
 * key that was neither read nor is known to change nothing ({@link HarmlessKeys}).
 *
 * <p>Keys that are null count as absent. A key is read by asking for it, whether or not it is there.
 *
 * {@snippet :
 * ConfigReader config = ConfigReader.of(json);
 * int hidden = config.integer("hidden_size");
 * double epsilon = config.real("rms_norm_eps", 1e-6);
 * config.requireAllRead();
 * }
 */
public final class ConfigReader {
    private final JsonObject json;
    private final Set<String> read = new HashSet<>();
    private final Map<String, ConfigReader> objects = new LinkedHashMap<>();

    private ConfigReader(JsonObject json) {
        this.json = json;
    }

    /** Returns a reader of an object of which nothing was read. */
    public static ConfigReader of(JsonObject json) {
        return new ConfigReader(json);
    }

    /** Returns the object. */
    public JsonObject json() {
        return json;
    }

    /** Returns whether a key is there and not null. */
    public boolean has(String key) {
        read.add(key);
        return json.value(key).filter(value -> !(value instanceof JsonNull)).isPresent();
    }

    /** Returns the whole number of a key. */
    public int integer(String key) {
        read.add(key);
        return json.integer(key);
    }

    /** Returns the whole number of a key, or another one where there is no such key. */
    public int integer(String key, int otherwise) {
        return optionalInteger(key).orElse(otherwise);
    }

    /** Returns the whole number of a key, if there is one. */
    public Optional<Integer> optionalInteger(String key) {
        read.add(key);
        return json.optionalInteger(key);
    }

    /** Returns the number of a key. */
    public double real(String key) {
        read.add(key);
        return json.real(key);
    }

    /** Returns the number of a key, or another one where there is no such key. */
    public double real(String key, double otherwise) {
        return optionalReal(key).orElse(otherwise);
    }

    /** Returns the number of a key, if there is one. */
    public Optional<Double> optionalReal(String key) {
        read.add(key);
        return json.optionalReal(key);
    }

    /** Returns the boolean of a key, or another one where there is no such key. */
    public boolean flag(String key, boolean otherwise) {
        read.add(key);
        return json.optionalFlag(key).orElse(otherwise);
    }

    /** Returns the string of a key. */
    public String string(String key) {
        read.add(key);
        return json.string(key);
    }

    /** Returns the string of a key, or another one where there is no such key. */
    public String string(String key, String otherwise) {
        read.add(key);
        return json.optionalString(key).orElse(otherwise);
    }

    /** Returns the strings of a key, if it is there. */
    public Optional<List<String>> optionalStrings(String key) {
        return has(key) ? Optional.of(json.strings(key)) : Optional.empty();
    }

    /** Returns the array of a key, if it is there. */
    public Optional<JsonArray> optionalArray(String key) {
        read.add(key);
        return json.optionalArray(key);
    }

    /** Returns the numbers of a key, if it is there; Transformers 5 writes infinity as <code>{"__float__": "Infinity"}</code>. */
    public Optional<List<Double>> optionalReals(String key) {
        return optionalArray(key)
                .map(array ->
                        array.items().stream().map(item -> real(key, item)).toList());
    }

    private double real(String key, JsonValue item) {
        if (item instanceof JsonNumber number) {
            return number.real();
        }
        if (item instanceof JsonObject object
                && object.optionalString("__float__").filter("Infinity"::equals).isPresent()) {
            return Double.POSITIVE_INFINITY;
        }
        return refuse(key, "expected an array of numbers, found " + Json.compact(item));
    }

    /** Returns a range of numbers, which is an array of two of them, if it is there. */
    public Optional<List<Double>> optionalRange(String key) {
        Optional<List<Double>> numbers = optionalReals(key);
        if (numbers.isPresent() && numbers.get().size() != 2) {
            throw error(key, "expected two numbers, found " + numbers.get());
        }
        return numbers;
    }

    /**
     * Returns what a string of a key stands for.
     *
     * @param kind what messages call it, such as {@code activation}
     */
    public <T> T choice(String key, String otherwise, String kind, Map<String, T> choices) {
        String name = string(key, otherwise);
        T chosen = choices.get(name);
        return chosen == null
                ? refuse(
                        key,
                        NameSuggestions.unknown(
                                kind, name, choices.keySet().stream().sorted().toList()))
                : chosen;
    }

    /** Returns a reader of the object of a key, whose own keys must be read too; the same one each time. */
    public Optional<ConfigReader> optionalObject(String key) {
        read.add(key);
        return json.optionalObject(key).map(object -> objects.computeIfAbsent(key, _ -> new ConfigReader(object)));
    }

    /** Returns a reader of the object of a key, whose own keys must be read too; the same one each time. */
    public ConfigReader object(String key) {
        return optionalObject(key).orElseGet(() -> new ConfigReader(json.object(key)));
    }

    /**
     * Requires that a key is absent or says what is computed anyway.
     *
     * @throws JsonException if it says something else
     */
    public void require(String key, boolean only) {
        if (has(key) && json.flag(key) != only) {
            refuse(key, "%s is not supported for model_type %s; it must be %s".formatted(!only, modelType(), only));
        }
    }

    /**
     * Requires that a key is absent or has the one value that is supported.
     *
     * @throws JsonException if it has another one
     */
    public void require(String key, double only) {
        if (has(key) && json.real(key) != only) {
            refuse(key, "%s is not supported; it must be %s".formatted(json.real(key), only));
        }
    }

    /**
     * Requires that a key is absent or has the one value that is supported.
     *
     * @throws JsonException if it has another one
     */
    public void require(String key, String only) {
        if (has(key) && !json.string(key).equals(only)) {
            refuse(key, "'%s' is not supported; it must be '%s'".formatted(json.string(key), only));
        }
    }

    /**
     * Requires that a key is absent or null.
     *
     * @param reason what it would ask for
     * @throws JsonException if it has a value
     */
    public void requireAbsent(String key, String reason) {
        if (has(key)) {
            refuse(key, "is not supported: " + reason);
        }
    }

    /** Notes that keys change nothing here, whatever they say. */
    public void ignore(String... keys) {
        read.addAll(List.of(keys));
    }

    /** Returns the exception that says this of a key. */
    public JsonException error(String key, String problem) {
        return json.error(key, problem);
    }

    private <T> T refuse(String key, String problem) {
        throw error(key, problem);
    }

    private String modelType() {
        return json.value("model_type").map(JsonValue::describe).orElse("");
    }

    /**
     * Fails if a key has a value, was not read, and is not known to change nothing; it names all of them, those of inner objects
     * too.
     *
     * @throws JsonException if there are such keys
     */
    public void requireAllRead() {
        List<String> unread = new ArrayList<>();
        unread("", unread);
        if (!unread.isEmpty()) {
            throw error(unread.getFirst(), describe(unread));
        }
    }

    private static String describe(List<String> unread) {
        return unread.size() == 1
                ? "is not supported, and may change what the model computes; remove the key if it does not"
                : "is not supported, and may change what the model computes, nor are %s; remove the keys that do not"
                        .formatted(String.join(", ", unread.subList(1, unread.size())));
    }

    private void unread(String path, List<String> unread) {
        json.members().forEach((key, value) -> {
            if (!read.contains(key) && !HarmlessKeys.contains(key, value)) {
                unread.add(path + key);
            }
        });
        objects.forEach((key, reader) -> reader.unread(path + key + ".", unread));
    }
}
