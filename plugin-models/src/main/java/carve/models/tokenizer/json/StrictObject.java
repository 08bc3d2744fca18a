package carve.models.tokenizer.json;

import carve.api.json.JsonArray;
import carve.api.json.JsonNull;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import carve.models.text.TextException;
import carve.models.tokenizer.Unicode;
import carve.models.tokenizer.regex.Regex;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/** An object of a {@code tokenizer.json}. A key that is not read is refused, since it would change the result. */
final class StrictObject {
    private final JsonObject json;
    private final String name;
    private final Set<String> unread;

    /**
     * Makes a section.
     *
     * @param name what it is, for messages
     */
    StrictObject(JsonObject json, String name) {
        this.json = json;
        this.name = name;
        this.unread = new TreeSet<>(json.keys());
    }

    /** Returns the value of a key, or nothing if it is not there or null. */
    Optional<JsonValue> value(String key) {
        unread.remove(key);
        return json.value(key).filter(value -> !(value instanceof JsonNull));
    }

    /** Reads keys that do not change anything here. */
    StrictObject ignore(String... keys) {
        for (String key : keys) {
            unread.remove(key);
        }
        return this;
    }

    /** Returns the kind of thing that this describes, such as {@code BPE}; empty if it does not say. */
    String type() {
        return optionalText("type").orElse("");
    }

    String text(String key) {
        unread.remove(key);
        return wellFormed(key, json.string(key));
    }

    Optional<String> optionalText(String key) {
        unread.remove(key);
        return json.optionalString(key).map(text -> wellFormed(key, text));
    }

    private String wellFormed(String key, String text) {
        if (Unicode.hasLoneSurrogate(text)) {
            throw json.error(key, "expected text, found half a surrogate pair");
        }
        return text;
    }

    /** Returns a text of one character. */
    String character(String key) {
        String text = text(key);
        if (text.codePointCount(0, text.length()) != 1) {
            throw json.error(key, "expected one character, found '%s'".formatted(text));
        }
        return text;
    }

    boolean flag(String key) {
        unread.remove(key);
        return json.flag(key);
    }

    boolean flag(String key, boolean otherwise) {
        unread.remove(key);
        return json.optionalFlag(key).orElse(otherwise);
    }

    int whole(String key) {
        unread.remove(key);
        return notNegative(key, json.integer(key));
    }

    Optional<Integer> optionalWhole(String key) {
        unread.remove(key);
        return json.optionalInteger(key).map(value -> notNegative(key, value));
    }

    private int notNegative(String key, int value) {
        if (value < 0) {
            throw json.error(key, "expected a number that is not negative, found " + value);
        }
        return value;
    }

    JsonObject object(String key) {
        unread.remove(key);
        return json.object(key);
    }

    JsonArray array(String key) {
        unread.remove(key);
        return json.array(key);
    }

    /** Returns what is described by the section under a key, or nothing if there is none. */
    <T> Optional<T> part(String key, Function<StrictObject, T> reader) {
        unread.remove(key);
        return json.optionalObject(key).map(part -> read(part, key, reader));
    }

    /** Returns what is described by the sections in an array. */
    <T> List<T> parts(String key, Function<StrictObject, T> reader) {
        return array(key).items().stream()
                .map(item -> {
                    if (!(item instanceof JsonObject part)) {
                        throw json.error(key, "expected objects, found " + item.describe());
                    }
                    return read(part, key, reader);
                })
                .toList();
    }

    private static <T> T read(JsonObject part, String name, Function<StrictObject, T> reader) {
        StrictObject section = new StrictObject(part, name);
        T result = reader.apply(section);
        section.end();
        return result;
    }

    /** Returns what is matched: {@code {"String": ...}} or {@code {"Regex": ...}}. */
    Regex pattern(String key) {
        JsonObject pattern = object(key);
        if (pattern.keys().equals(Set.of("Regex"))) {
            return Regex.compile(pattern.string("Regex"));
        }
        if (!pattern.keys().equals(Set.of("String"))) {
            throw json.error(key, "expected an object with String or Regex");
        }
        String text = wellFormed(key, pattern.string("String"));
        if (text.isEmpty()) {
            throw json.error(key, "an empty pattern is not supported");
        }
        return Regex.literal(text);
    }

    /** Returns the id in an array of two, a token and its id. */
    int tokenId(String key) {
        List<JsonValue> pair = array(key).items();
        if (pair.size() == 2
                && pair.get(0) instanceof JsonString
                && pair.get(1) instanceof JsonNumber number
                && number.whole().isPresent()
                && number.whole().getAsLong() >= 0
                && number.whole().getAsLong() <= Integer.MAX_VALUE) {
            return (int) number.whole().getAsLong();
        }
        throw json.error(key, "expected a token and its id");
    }

    /** Returns the exception that says this of a key. */
    RuntimeException error(String key, String problem) {
        return json.error(key, problem);
    }

    /** Returns the exception that refuses the kind of thing that this is. */
    TextException unsupported(String supported) {
        return new TextException(
                "tokenizer: %s '%s' is not supported; supported: %s".formatted(name, type(), supported));
    }

    private void end() {
        if (!unread.isEmpty()) {
            throw json.error(
                    unread.iterator().next(),
                    "unknown key of %s %s".formatted(name, type()).strip());
        }
    }

    /** Reads a whole object. */
    static <T> T whole(JsonObject json, String name, Function<StrictObject, T> reader) {
        return read(json, name, reader);
    }
}
