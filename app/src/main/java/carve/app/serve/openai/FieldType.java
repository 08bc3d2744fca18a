package carve.app.serve.openai;

import carve.api.json.JsonArray;
import carve.api.json.JsonBoolean;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * A type of the values of a field.
 *
 * @param description the type as messages say it
 * @param condition what a value of it fulfils
 */
record FieldType(String description, Predicate<JsonValue> condition) {
    static final FieldType BOOLEAN = new FieldType("true or false", JsonBoolean.class::isInstance);
    static final FieldType INTEGER = new FieldType(
            "an integer",
            value -> value instanceof JsonNumber number && number.whole().isPresent());
    static final FieldType NUMBER = new FieldType("a number", JsonNumber.class::isInstance);
    static final FieldType STRING = new FieldType("a string", JsonString.class::isInstance);
    static final FieldType OBJECT = new FieldType("an object", JsonObject.class::isInstance);
    static final FieldType ARRAY = new FieldType("an array", JsonArray.class::isInstance);
    static final FieldType ANY = new FieldType("any value", _ -> true);

    /** Returns the type of these strings. */
    static FieldType oneOf(String... texts) {
        List<String> all = List.of(texts);
        return new FieldType(
                "one of '%s'".formatted(String.join("', '", all)),
                value -> value instanceof JsonString string && all.contains(string.text()));
    }

    /** Returns the type of strings with at most so many characters. */
    static FieldType string(int maxLength) {
        return new FieldType(
                "a string of at most %d characters".formatted(maxLength),
                value -> value instanceof JsonString string
                        && string.text().codePointCount(0, string.text().length()) <= maxLength);
    }

    /** Returns the type of arrays whose items are all of a type. */
    static FieldType arrayOf(FieldType items) {
        return new FieldType(
                "an array, each item %s".formatted(items.description),
                value -> value instanceof JsonArray array
                        && array.items().stream().allMatch(items::accepts));
    }

    /** Returns the type of objects whose values are all of a type. */
    static FieldType mapOf(FieldType values) {
        return new FieldType(
                "an object, each value %s".formatted(values.description),
                value -> value instanceof JsonObject object
                        && object.members().values().stream().allMatch(values::accepts));
    }

    /** Returns the type of objects with these fields, each of which may be absent. */
    static FieldType objectOf(Map<String, FieldType> fields) {
        return new FieldType(
                "an object with %s".formatted(String.join(", ", new TreeSet<>(fields.keySet()))),
                value -> value instanceof JsonObject object
                        && object.members().entrySet().stream()
                                .allMatch(field -> fields.containsKey(field.getKey())
                                        && fields.get(field.getKey()).accepts(field.getValue())));
    }

    /** Returns whether a value is of the type. */
    boolean accepts(JsonValue value) {
        return condition.test(value);
    }
}
