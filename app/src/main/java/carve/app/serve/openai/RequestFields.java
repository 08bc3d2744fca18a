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

/**
 * The fields of a request, or of an object inside it. Null counts as absent, as OpenAI has it; what is of the wrong type is refused
 * with the path of the field, such as {@code messages[0].content}.
 */
final class RequestFields {
    private final JsonObject json;
    private final String path;

    RequestFields(JsonObject json) {
        this(json, "");
    }

    private RequestFields(JsonObject json, String path) {
        this.json = json;
        this.path = path;
    }

    /**
     * Returns the fields of a value that is at this path in a request.
     *
     * @throws ApiException if it is not an object
     */
    static RequestFields of(JsonValue value, String path) {
        if (!(value instanceof JsonObject object)) {
            throw wrongType(path, "an object", value);
        }
        return new RequestFields(object, path);
    }

    /** Returns the error of a value of the wrong type. */
    static ApiException wrongType(String path, String expected, JsonValue found) {
        return ApiException.invalidParameter(
                path, "Invalid type for '%s': expected %s, found %s.", path, expected, found.describe());
    }

    /** Returns the error of a field that is not there. */
    ApiException missing(String name) {
        return ApiException.invalidParameter(path(name), "Missing required parameter: '%s'.", path(name));
    }

    /** Returns the path of a field in the request. */
    String path(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    /** Refuses a request that has other fields than these. */
    void requireKnown(Set<String> known) {
        json.keys().stream()
                .filter(key -> !known.contains(key))
                .sorted()
                .findFirst()
                .map(this::path)
                .ifPresent(key -> {
                    throw ApiException.invalidParameter(key, "Unrecognized request argument supplied: %s", key);
                });
    }

    /**
     * Refuses a field whose value is not null and not of a type.
     *
     * @throws ApiException if it is not
     */
    void requireType(String name, FieldType type) {
        value(name).filter(value -> !type.accepts(value)).ifPresent(value -> {
            throw wrongType(path(name), type.description(), value);
        });
    }

    Optional<String> string(String name) {
        return checked(name, () -> json.optionalString(name));
    }

    Optional<Boolean> flag(String name) {
        return checked(name, () -> json.optionalFlag(name));
    }

    Optional<RequestFields> object(String name) {
        return value(name).map(value -> of(value, path(name)));
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

    private void requireRange(String name, boolean within, Number least, Number most, Number number) {
        if (!within) {
            throw ApiException.invalidParameter(
                    path(name),
                    "Invalid '%s': expected a value from %s to %s, found %s.",
                    path(name),
                    least,
                    most,
                    number);
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

    private <T> T checked(String name, Supplier<T> read) {
        try {
            return read.get();
        } catch (JsonException e) {
            throw ApiException.invalidParameter(path(name), "Invalid type for '%s': %s.", path(name), e.getMessage());
        }
    }
}
