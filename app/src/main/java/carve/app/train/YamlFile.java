package carve.app.train;

import carve.api.config.SettingsException;
import carve.api.json.JsonArray;
import carve.api.json.JsonBoolean;
import carve.api.json.JsonNull;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/** A YAML 1.2 file as a JSON object. */
final class YamlFile {
    private static final int MAX_DEPTH = 100;

    private YamlFile() {}

    /**
     * Returns the content of a file.
     *
     * @throws SettingsException if it is not one YAML document whose root is a mapping; the message has the line
     * @throws IOException if it cannot be read
     */
    static JsonObject read(Path file) throws IOException {
        LoadSettings settings = LoadSettings.builder()
                .setLabel(file.toString())
                .setSchema(new CoreSchema())
                .build();
        try {
            JsonValue root = json(new Load(settings).loadFromString(Files.readString(file)), file, 0);
            if (root instanceof JsonObject object) {
                return object;
            }
            throw new SettingsException("%s: expected a mapping, found %s".formatted(file, root.describe()));
        } catch (YamlEngineException e) {
            throw new SettingsException("%s: is not valid YAML: %s".formatted(file, e.getMessage()), e);
        }
    }

    private static JsonValue json(Object value, Path file, int depth) {
        if (depth > MAX_DEPTH) {
            throw new SettingsException("%s: is nested more than %d levels deep".formatted(file, MAX_DEPTH));
        }
        return switch (value) {
            case null -> new JsonNull();
            case Map<?, ?> map -> {
                Map<String, JsonValue> members = new LinkedHashMap<>();
                map.forEach((key, member) -> members.put(String.valueOf(key), json(member, file, depth + 1)));
                yield JsonObject.of(members);
            }
            case List<?> list ->
                new JsonArray(
                        list.stream().map(item -> json(item, file, depth + 1)).toList());
            case Boolean flag -> new JsonBoolean(flag);
            case Double real -> JsonNumber.of(real);
            case Number whole -> new JsonNumber(whole.toString());
            default -> new JsonString(value.toString());
        };
    }
}
