package carve.models.chat;

import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;

/** A change of all strings in JSON but the keys. */
final class JsonStrings {
    private JsonStrings() {}

    static JsonValue map(JsonValue value, UnaryOperator<String> change) {
        return switch (value) {
            case JsonString string -> new JsonString(change.apply(string.text()));
            case JsonArray array ->
                new JsonArray(
                        array.items().stream().map(item -> map(item, change)).toList());
            case JsonObject object -> map(object, change);
            case JsonValue other -> other;
        };
    }

    static JsonObject map(JsonObject object, UnaryOperator<String> change) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        object.members().forEach((key, value) -> members.put(key, map(value, change)));
        return JsonObject.of(members);
    }
}
