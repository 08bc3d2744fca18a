package carve.app.serve.openai;

import carve.api.json.JsonArray;
import carve.api.json.JsonException;
import carve.api.json.JsonNull;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import carve.app.serve.http.ApiException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** The fields of a request. Null counts as absent, as OpenAI has it; what is of the wrong type is refused by name. */
final class RequestFields {
    private final JsonObject json;

    RequestFields(JsonObject json) {
        this.json = json;
    }

    /** Refuses a request that has fields which nobody knows. */
    void requireKnown(Set<String> known) {
        requireKnown(known, "");
    }

    /** Refuses fields that nobody knows of an object inside a request, at this place. */
    void requireKnown(Set<String> known, String where) {
        json.keys().stream()
                .filter(key -> !known.contains(key))
                .sorted()
                .findFirst()
                .map(key -> where.isEmpty() ? key : where + "." + key)
                .ifPresent(key -> {
                    throw ApiException.invalidParameter(key, "Unrecognized request argument supplied: %s", key);
                });
    }

    /** Returns the object itself. */
    JsonObject json() {
        return json;
    }

    Optional<String> string(String name) {
        return checked(name, () -> json.optionalString(name));
    }

    Optional<Boolean> flag(String name) {
        return checked(name, () -> json.optionalFlag(name));
    }

    Optional<RequestFields> object(String name) {
        return checked(name, () -> json.optionalObject(name)).map(RequestFields::new);
    }

    Optional<JsonArray> array(String name) {
        return checked(name, () -> json.optionalArray(name));
    }

    Optional<JsonValue> value(String name) {
        return json.value(name).filter(value -> !(value instanceof JsonNull));
    }

    Optional<Integer> integer(String name, int least, int most) {
        Optional<Integer> value = checked(name, () -> json.optionalInteger(name));
        value.ifPresent(number -> requireRange(name, number >= least && number <= most, least, most, number));
        return value;
    }

    Optional<Long> longInteger(String name) {
        return checked(name, () -> value(name).map(_ -> json.longInteger(name)));
    }

    Optional<Double> real(String name, double least, double most) {
        Optional<Double> value = checked(name, () -> json.optionalReal(name));
        value.ifPresent(number -> requireRange(name, number >= least && number <= most, least, most, number));
        // -0.0 is 0
        return value.map(number -> number + 0.0);
    }

    private static void requireRange(String name, boolean within, Number least, Number most, Number number) {
        if (!within) {
            throw ApiException.invalidParameter(
                    name, "Invalid '%s': expected a value from %s to %s, found %s.", name, least, most, number);
        }
    }

    /** Returns a string, or each of an array of strings. */
    List<String> strings(String name) {
        Optional<JsonValue> value = value(name);
        if (value.isEmpty()) {
            return List.of();
        }
        return value.get() instanceof JsonString one ? List.of(one.text()) : checked(name, () -> json.strings(name));
    }

    private static <T> T checked(String name, Supplier<T> read) {
        try {
            return read.get();
        } catch (JsonException e) {
            throw ApiException.invalidParameter(name, "Invalid type for '%s': %s.", name, e.getMessage());
        }
    }
}
