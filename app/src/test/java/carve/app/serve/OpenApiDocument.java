package carve.app.serve;

import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * OpenAI's OpenAPI document, cut to the endpoints that Carve serves (see {@code bench/openai_document.py}), with the fields that
 * Carve has in addition.
 */
final class OpenApiDocument {
    private static final String ADDRESS = "https://carve.example/openapi.json";
    private static final String SCHEMAS = "#/components/schemas/";

    private static final Map<String, String> OWN_FIELDS = Map.of(
            "top_k", "integer",
            "num_beams", "integer",
            "repetition_penalty", "number",
            "ignore_eos", "boolean",
            "carve", "object");

    private final JsonObject schemas;
    private final SchemaRegistry registry;

    private OpenApiDocument(String text) {
        JsonObject document = Json.parseObject(text, "openapi.json");
        JsonObject official = document.object("components").object("schemas");
        schemas = Stream.of("CreateChatCompletionRequest", "CreateCompletionRequest")
                .reduce(official, OpenApiDocument::withOwnFields, (_, last) -> last);
        String whole = Json.compact(
                document.with("components", document.object("components").with("schemas", schemas)));
        registry = SchemaRegistry.withDefaultDialect(
                SpecificationVersion.DRAFT_2020_12, builder -> builder.schemas(Map.of(ADDRESS, whole)));
    }

    private static JsonObject withOwnFields(JsonObject schemas, String request) {
        JsonObject own = JsonObject.empty();
        for (Map.Entry<String, String> field : new TreeMap<>(OWN_FIELDS).entrySet()) {
            JsonValue type = JsonObject.empty().with("type", field.getValue());
            JsonValue none = JsonObject.empty().with("type", "null");
            own = own.with(field.getKey(), JsonObject.empty().with("anyOf", JsonArray.of(type, none)));
        }
        JsonObject all = JsonObject.empty()
                .with(
                        "allOf",
                        JsonArray.of(schemas.object(request), JsonObject.empty().with("properties", own)));
        return schemas.with(request, all);
    }

    static OpenApiDocument read() throws IOException {
        try (InputStream in = OpenApiDocument.class.getResourceAsStream("/openai/openapi.json")) {
            return new OpenApiDocument(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    /** Returns a schema; references in it are resolved by {@link #resolve}. */
    JsonObject schema(String name) {
        return schemas.object(name);
    }

    /** Returns a schema, or that which it refers to. */
    JsonObject resolve(JsonObject schema) {
        return schema.optionalString("$ref")
                .map(reference -> schema(reference.substring(SCHEMAS.length())))
                .orElse(schema);
    }

    /** Returns the properties of an object's schema, by name. */
    Map<String, JsonObject> properties(JsonObject schema) {
        Map<String, JsonObject> properties = new LinkedHashMap<>();
        for (JsonObject part : parts(schema)) {
            JsonObject own = part.optionalObject("properties").orElse(JsonObject.empty());
            own.keys().forEach(name -> properties.put(name, own.object(name)));
        }
        return properties;
    }

    Map<String, JsonObject> properties(String schema) {
        return properties(schema(schema));
    }

    /** Returns the names of the properties that must be there. */
    List<String> required(JsonObject schema) {
        return parts(schema).stream()
                .flatMap(part -> items(part, "required").stream())
                .map(name -> ((JsonString) name).text())
                .distinct()
                .toList();
    }

    // the schema and those that it is all of
    private List<JsonObject> parts(JsonObject schema) {
        JsonObject resolved = resolve(schema);
        Stream<JsonObject> all = items(resolved, "allOf").stream().flatMap(part -> parts((JsonObject) part).stream());
        return Stream.concat(all, Stream.of(resolved)).toList();
    }

    /** Returns the items of a list in a schema; none if it has no such list. */
    static List<JsonValue> items(JsonObject schema, String key) {
        return schema.optionalArray(key).map(JsonArray::items).orElse(List.of());
    }

    /** Returns what a text violates of a schema; nothing if it is valid. */
    List<String> violations(String name, String json) {
        return registry.getSchema(SchemaLocation.of(ADDRESS + SCHEMAS + name)).validate(json, InputFormat.JSON).stream()
                .map(error -> error.getInstanceLocation() + ": " + error.getMessage())
                .toList();
    }

    boolean isValid(String name, JsonObject json) {
        return violations(name, Json.compact(json)).isEmpty();
    }
}
