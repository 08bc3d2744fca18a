package carve.models.hovle;

import carve.api.config.JsonArray;
import carve.api.config.JsonBoolean;
import carve.api.config.JsonNumber;
import carve.api.config.JsonObject;
import carve.api.config.JsonString;
import carve.api.config.JsonValue;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Makes JSON of the plain values of settings. */
final class Plain {
    private Plain() {}

    static JsonObject json(Map<?, ?> map) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        map.forEach((key, value) -> members.put(key.toString(), json(value)));
        return JsonObject.of(members);
    }

    private static JsonValue json(Object value) {
        return switch (value) {
            case Map<?, ?> map -> json(map);
            case List<?> list -> new JsonArray(list.stream().map(Plain::json).toList());
            case Boolean flag -> new JsonBoolean(flag);
            case Double real -> JsonNumber.of(real);
            case Number number -> JsonNumber.of(number.longValue());
            default -> new JsonString(value.toString());
        };
    }
}
