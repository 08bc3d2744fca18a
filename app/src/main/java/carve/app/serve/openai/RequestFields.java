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
        json.keys().stream()
                .filter(key -> !known.contains(key))
                .sorted()
                .findFirst()
                .ifPresent(key -> {
                    throw ApiException.invalidParameter(key, "Unrecognized request argument supplied: %s", key);
                });
    }

    /** Refuses a request that asks for what is not done here: a field is there, and neither empty nor one of these. */
    void requireDefault(String name, String... allowed) {
        Optional<JsonValue> value = json.value(name);
        if (value.isEmpty()) {
            return;
        }
        String text = value.get().describe();
        boolean empty = value.get() instanceof JsonNull
                || value.get() instanceof JsonArray array && array.items().isEmpty()
                || value.get() instanceof JsonObject object && object.keys().isEmpty();
        if (!empty && !List.of(allowed).contains(text)) {
            throw ApiException.invalidParameter(
                    name, "Unsupported value: '%s' is not supported here, found %s.", name, text);
        }
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
        return value;
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
