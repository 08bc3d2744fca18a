package carve.app.serve;

import carve.api.json.Json;
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
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Makes request bodies from schemas, the same ones from the same seed: such as the schema asks for, and changed ones. */
final class SchemaBodies {
    private static final int MAX_DEPTH = 8;
    private static final List<String> TEXTS = List.of(
            "a", "", " ", "hello there", "<|im_end|>", "<image>", "\u00fc\u20ac\ud83d\ude42", "\u0000", "a\nb", "auto");
    private static final String PICTURE =
            "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAAC0lEQVR4"
                    + "nGNgAAIAAAUAAen63NgAAAAASUVORK5CYII=";
    /** Values of all kinds. */
    static final List<JsonValue> VALUES = Stream.of(
                    "null",
                    "true",
                    "false",
                    "0",
                    "-1",
                    "1",
                    "1.0",
                    "-0.0",
                    "0.5",
                    "1e0",
                    "1000000000000000000000",
                    "-9223372036854775809",
                    "\"\"",
                    "\"x\"",
                    "\"1\"",
                    "\"null\"",
                    "[]",
                    "{}",
                    "[[]]",
                    "[null]",
                    "[{}]",
                    "{\"a\": 1}",
                    "[\"a\", 1]")
            .map(text -> Json.parse(text, "value"))
            .toList();

    private final OpenApiDocument document;
    private final SplittableRandom random;

    SchemaBodies(OpenApiDocument document, long seed) {
        this.document = document;
        this.random = new SplittableRandom(seed);
    }

    /** Returns a number from 0 up to, not including, a bound. */
    int below(int bound) {
        return random.nextInt(bound);
    }

    /** Returns an object of a schema with its required fields, some others, and these. */
    JsonObject body(String schema, Map<String, JsonValue> fixed) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        Map<String, JsonObject> properties = collect(document.schema(schema), members, 0);
        List<String> names = List.copyOf(properties.keySet());
        // most others ask for what is refused
        for (int i = random.nextBoolean() ? 0 : random.nextInt(4); i > 0; i--) {
            String name = names.get(random.nextInt(names.size()));
            members.put(name, value(properties.get(name), 1));
        }
        members.putAll(fixed);
        return JsonObject.of(members);
    }

    private Map<String, JsonObject> collect(JsonObject schema, Map<String, JsonValue> required, int depth) {
        Map<String, JsonObject> properties = document.properties(schema);
        for (String name : document.required(schema)) {
            required.put(name, value(properties.get(name), depth + 1));
        }
        return properties;
    }

    private JsonValue value(JsonObject schema, int depth) {
        JsonObject resolved = document.resolve(schema);
        List<JsonValue> kinds = Stream.of("anyOf", "oneOf")
                .flatMap(key -> OpenApiDocument.items(resolved, key).stream())
                .toList();
        if (!kinds.isEmpty()) {
            return value((JsonObject) pick(kinds), depth);
        }
        if (resolved.has("enum")) {
            return pick(resolved.array("enum").items());
        }
        return switch (resolved.optionalString("type").orElse(resolved.has("properties") ? "object" : "any")) {
            case "object" -> object(resolved, depth);
            case "array" -> array(resolved, depth);
            case "string" ->
                new JsonString(
                        resolved.optionalString("format").isPresent() && random.nextInt(8) > 0 ? PICTURE : pick(TEXTS));
            case "integer" -> JsonNumber.of(Math.round(number(resolved)));
            case "number" -> JsonNumber.of(number(resolved));
            case "boolean" -> new JsonBoolean(random.nextBoolean());
            case "null" -> new JsonNull();
            default -> pick(VALUES);
        };
    }

    private JsonObject object(JsonObject schema, int depth) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        Map<String, JsonObject> properties = collect(schema, members, depth);
        if (depth < MAX_DEPTH) {
            properties.forEach((name, property) -> {
                if (random.nextInt(4) == 0) {
                    members.put(name, value(property, depth + 1));
                }
            });
            if (schema.value("additionalProperties").orElse(new JsonNull()) instanceof JsonObject more) {
                members.put(pick(TEXTS), value(more, depth + 1));
            }
        }
        return JsonObject.of(members);
    }

    private JsonArray array(JsonObject schema, int depth) {
        int least = schema.optionalInteger("minItems").orElse(0);
        int most = Math.min(schema.optionalInteger("maxItems").orElse(3), least + 2);
        List<JsonValue> items = new ArrayList<>();
        for (int i = least + random.nextInt(most - least + 1); i > 0; i--) {
            items.add(value(schema.object("items"), depth + 1));
        }
        return new JsonArray(items);
    }

    private double number(JsonObject schema) {
        double least = schema.optionalReal("minimum").orElse(0.0);
        double most = schema.optionalReal("maximum").orElse(8.0);
        return switch (random.nextInt(4)) {
            case 0 -> least;
            case 1 -> most;
            default -> Math.min(most, least + random.nextInt(9));
        };
    }

    private <T> T pick(List<T> values) {
        return values.get(random.nextInt(values.size()));
    }

    /** Returns an object with a change somewhere: another value, a field or item less, or an unknown field more. */
    JsonObject changed(JsonObject object, Set<String> kept) {
        List<String> names =
                object.keys().stream().filter(name -> !kept.contains(name)).collect(Collectors.toList());
        if (names.isEmpty() || random.nextInt(12) == 0) {
            return object.with("wings", pick(VALUES));
        }
        String name = pick(names);
        return random.nextInt(8) == 0
                ? object.without(name)
                : object.with(name, changed(object.value(name).orElseThrow()));
    }

    private JsonValue changed(JsonValue value) {
        boolean inside = random.nextInt(3) > 0;
        if (inside && value instanceof JsonObject object) {
            return changed(object, Set.of());
        }
        if (inside && value instanceof JsonArray array && !array.items().isEmpty()) {
            List<JsonValue> items = new ArrayList<>(array.items());
            int at = random.nextInt(items.size());
            items.set(at, changed(items.get(at)));
            return new JsonArray(items);
        }
        return pick(VALUES);
    }
}
