package carve.yaml;

import carve.api.config.SettingsException;
import carve.api.json.JsonArray;
import carve.api.json.JsonBoolean;
import carve.api.json.JsonNull;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/**
 * A YAML 1.2 file as a JSON object.
 *
 * <p>Length, nesting, and the number of values after aliases have been replaced by what they stand for are bounded.
 */
final class YamlFile {
    private static final int MAX_BYTES = 2 << 20;
    private static final int MAX_DEPTH = 64;
    private static final int MAX_VALUES = 200_000;

    private final Path file;
    private int values;

    private YamlFile(Path file) {
        this.file = file;
    }

    /**
     * Returns the content of a file.
     *
     * @throws SettingsException if it is not one YAML document whose root is a mapping, or is too long or nested too deeply;
     *     the message has the line where the parser tells it
     * @throws IOException if it cannot be read
     */
    static JsonObject read(Path file) throws IOException {
        return new YamlFile(file).read();
    }

    private JsonObject read() throws IOException {
        String text = text();
        LoadSettings settings = LoadSettings.builder()
                .setLabel(file.toString())
                .setSchema(new CoreSchema())
                .build();
        requireShallow(text);
        try {
            JsonValue root = json(new Load(settings).loadFromString(text), 0);
            if (root instanceof JsonObject object) {
                return object;
            }
            throw new SettingsException("%s: expected a mapping, found %s".formatted(file, root.describe()));
        } catch (YamlEngineException e) {
            throw new SettingsException("%s: is not valid YAML: %s".formatted(file, e.getMessage()), e);
        } catch (StackOverflowError e) {
            // the parser is recursive, and indentation nests too
            throw new SettingsException("%s: is nested more than %d levels deep".formatted(file, MAX_DEPTH), e);
        }
    }

    private String text() throws IOException {
        try (InputStream stream = Files.newInputStream(file)) {
            byte[] bytes = stream.readNBytes(MAX_BYTES + 1);
            if (bytes.length > MAX_BYTES) {
                throw new SettingsException("%s: is longer than %d bytes, the limit".formatted(file, MAX_BYTES));
            }
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new SettingsException("%s: expected UTF-8, found bytes that are not".formatted(file), e);
        }
    }

    // brackets in quotes count too: no configuration has that many
    private void requireShallow(String text) {
        int line = 1;
        int depth = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            line += c == '\n' ? 1 : 0;
            depth += c == '[' || c == '{' ? 1 : c == ']' || c == '}' ? -1 : 0;
            if (depth > MAX_DEPTH) {
                throw new SettingsException(
                        "%s: %d: brackets are nested more than %d deep, the limit".formatted(file, line, MAX_DEPTH));
            }
        }
    }

    private JsonValue json(Object value, int depth) {
        if (++values > MAX_VALUES || depth > MAX_DEPTH) {
            throw new SettingsException(
                    "%s: aliases (*) make more than %d values of it or nest it more than %d levels deep"
                            .formatted(file, MAX_VALUES, MAX_DEPTH));
        }
        return switch (value) {
            case null -> new JsonNull();
            case Map<?, ?> map -> {
                Map<String, JsonValue> members = new LinkedHashMap<>();
                map.forEach((key, member) -> members.put(key(key), json(member, depth + 1)));
                yield JsonObject.of(members);
            }
            case List<?> list ->
                new JsonArray(list.stream().map(item -> json(item, depth + 1)).toList());
            case Boolean flag -> new JsonBoolean(flag);
            case Double real -> JsonNumber.of(real);
            case Number whole -> new JsonNumber(whole.toString());
            default -> new JsonString(value.toString());
        };
    }

    private String key(Object key) {
        if (key instanceof Map || key instanceof List) {
            throw new SettingsException("%s: expected keys that are texts, found a mapping or a list".formatted(file));
        }
        return String.valueOf(key);
    }
}
