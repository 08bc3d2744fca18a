package carve.api.config;

import carve.api.json.JsonArray;
import carve.api.json.JsonBoolean;
import carve.api.json.JsonNull;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes settings of nested maps and lists, for tests and for code that has its values at hand.
 *
 * {@snippet :
 * Settings settings = MapSettings.of(Map.of("type", "mamba2", "heads", 16, "rates", List.of(1e-3, 5e-4)));
 * }
 */
public final class MapSettings {
    private MapSettings() {}

    /** Returns settings of a map whose origin is {@code settings}. */
    public static Settings of(Map<String, ?> values) {
        return of(values, "settings");
    }

    /**
     * Returns settings of a map. Values are strings, numbers, booleans, maps and lists of these.
     *
     * @param origin what messages call the map; those about inner sections add the path, as in {@code settings: mixers.a}
     * @throws SettingsException if a value is of another class, or a list nested in a list
     */
    public static Settings of(Map<String, ?> values, String origin) {
        return new TreeSettings(section(values, origin, ""));
    }

    /** Returns settings of a JSON object, without the members that are null. */
    public static Settings of(JsonObject object, String origin) {
        return of(map(object), origin);
    }

    private static SettingsNode.Section section(Map<?, ?> values, String origin, String path) {
        var members = new LinkedHashMap<String, SettingsNode>();
        values.forEach((key, value) ->
                members.put((String) key, node(value, origin, path, path.isEmpty() ? (String) key : path + "." + key)));
        return new SettingsNode.Section(members, at(origin, path));
    }

    private static SettingsNode node(Object value, String origin, String parent, String path) {
        return switch (value) {
            case Map<?, ?> map -> section(map, origin, path);
            case List<?> list -> list(list, origin, parent, path);
            default -> new SettingsNode.Scalar(value, at(origin, parent));
        };
    }

    private static SettingsNode list(List<?> values, String origin, String parent, String path) {
        var items = new ArrayList<SettingsNode>();
        for (Object value : values) {
            if (value instanceof List<?>) {
                throw new SettingsException("%s: %s: lists in lists are not settings".formatted(origin, path));
            }
            items.add(node(value, origin, parent, path + "[" + items.size() + "]"));
        }
        return new SettingsNode.Items(items, at(origin, parent));
    }

    private static String at(String origin, String path) {
        return path.isEmpty() ? origin : origin + ": " + path;
    }

    private static Map<String, Object> map(JsonObject object) {
        var values = new LinkedHashMap<String, Object>();
        object.members().forEach((key, value) -> {
            if (!(value instanceof JsonNull)) {
                values.put(key, value(value));
            }
        });
        return values;
    }

    private static Object value(JsonValue value) {
        return switch (value) {
            case JsonObject object -> map(object);
            case JsonArray array ->
                array.items().stream().map(MapSettings::value).toList();
            case JsonString string -> string.text();
            case JsonNumber number ->
                number.whole().isPresent() ? (Object) number.whole().getAsLong() : number.real();
            case JsonBoolean flag -> flag.value();
            case JsonNull() -> throw new SettingsException("null in a list is not a setting");
        };
    }
}
