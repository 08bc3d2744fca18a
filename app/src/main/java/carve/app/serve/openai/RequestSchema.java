package carve.app.serve.openai;

import carve.api.json.JsonArray;
import carve.api.json.JsonBoolean;
import carve.api.json.JsonNull;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import carve.app.serve.http.ApiException;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The fields of requests for answers, one table for both endpoints. A field is read, or passed over since it changes nothing
 * here, or refused by name unless its value is neutral: the value that asks for nothing. Null is neutral for every field, and a
 * neutral value is accepted in both endpoints. Values of the wrong type are refused, also where the field is passed over.
 */
final class RequestSchema {
    /** The endpoints whose requests these are. */
    enum Endpoint {
        /** {@code POST /v1/chat/completions}. */
        CHAT,
        /** {@code POST /v1/completions}. */
        COMPLETIONS
    }

    private enum Type {
        BOOLEAN("true or false"),
        INTEGER("an integer"),
        NUMBER("a number"),
        STRING("a string"),
        OBJECT("an object"),
        ARRAY("an array"),
        ANY("any value");

        private final String description;

        Type(String description) {
            this.description = description;
        }

        boolean accepts(JsonValue value) {
            return switch (this) {
                case BOOLEAN -> value instanceof JsonBoolean;
                case INTEGER ->
                    value instanceof JsonNumber number && number.whole().isPresent();
                case NUMBER -> value instanceof JsonNumber;
                case STRING -> value instanceof JsonString;
                case OBJECT -> value instanceof JsonObject;
                case ARRAY -> value instanceof JsonArray;
                case ANY -> true;
            };
        }
    }

    /**
     * A field.
     *
     * @param type the type of its values
     * @param accepted the endpoints that read it, or pass over it
     * @param neutral the values that ask for nothing
     */
    private record Field(Type type, Set<Endpoint> accepted, Predicate<JsonValue> neutral) {}

    private static final Set<Endpoint> BOTH = EnumSet.allOf(Endpoint.class);
    private static final Set<Endpoint> NEITHER = EnumSet.noneOf(Endpoint.class);
    private static final Set<Endpoint> CHAT = EnumSet.of(Endpoint.CHAT);
    private static final Set<Endpoint> COMPLETIONS = EnumSet.of(Endpoint.COMPLETIONS);
    private static final Map<String, Field> FIELDS = fields();

    private RequestSchema() {}

    private static Map<String, Field> fields() {
        Map<String, Field> fields = new LinkedHashMap<>();
        addRead(fields);
        addPassedOver(fields);
        addRefused(fields);
        return Map.copyOf(fields);
    }

    private static void addRead(Map<String, Field> fields) {
        fields.put("model", new Field(Type.STRING, BOTH, none()));
        fields.put("messages", new Field(Type.ARRAY, CHAT, none()));
        fields.put("prompt", new Field(Type.ANY, COMPLETIONS, none()));
        fields.put("stream", new Field(Type.BOOLEAN, BOTH, none()));
        fields.put("stream_options", new Field(Type.OBJECT, BOTH, none()));
        fields.put("temperature", new Field(Type.NUMBER, BOTH, none()));
        fields.put("top_p", new Field(Type.NUMBER, BOTH, none()));
        fields.put("top_k", new Field(Type.INTEGER, BOTH, none()));
        fields.put("seed", new Field(Type.INTEGER, BOTH, none()));
        fields.put("stop", new Field(Type.ANY, BOTH, none()));
        fields.put("max_tokens", new Field(Type.INTEGER, BOTH, none()));
        fields.put("max_completion_tokens", new Field(Type.INTEGER, CHAT, none()));
        fields.put("logprobs", new Field(Type.ANY, BOTH, value -> value.equals(new JsonBoolean(false))));
        fields.put("top_logprobs", new Field(Type.INTEGER, CHAT, whole(0)));
        fields.put("echo", new Field(Type.BOOLEAN, COMPLETIONS, value -> value.equals(new JsonBoolean(false))));
        fields.put("ignore_eos", new Field(Type.BOOLEAN, BOTH, none()));
        fields.put("carve", new Field(Type.OBJECT, CHAT, none()));
    }

    private static void addPassedOver(Map<String, Field> fields) {
        fields.put("user", new Field(Type.STRING, BOTH, none()));
        fields.put("store", new Field(Type.BOOLEAN, BOTH, none()));
        fields.put("metadata", new Field(Type.OBJECT, BOTH, none()));
        fields.put("service_tier", new Field(Type.STRING, BOTH, none()));
        fields.put("parallel_tool_calls", new Field(Type.BOOLEAN, BOTH, none()));
        fields.put("reasoning_effort", new Field(Type.STRING, BOTH, none()));
        fields.put("verbosity", new Field(Type.STRING, BOTH, none()));
        fields.put("safety_identifier", new Field(Type.STRING, BOTH, none()));
        fields.put("prompt_cache_key", new Field(Type.STRING, BOTH, none()));
        fields.put("prompt_cache_retention", new Field(Type.STRING, BOTH, none()));
    }

    private static void addRefused(Map<String, Field> fields) {
        fields.put("n", new Field(Type.INTEGER, NEITHER, whole(1)));
        fields.put("best_of", new Field(Type.INTEGER, NEITHER, whole(1)));
        fields.put("num_beams", new Field(Type.INTEGER, NEITHER, whole(1)));
        fields.put("frequency_penalty", new Field(Type.NUMBER, NEITHER, number(0)));
        fields.put("presence_penalty", new Field(Type.NUMBER, NEITHER, number(0)));
        fields.put("repetition_penalty", new Field(Type.NUMBER, NEITHER, number(1)));
        fields.put("logit_bias", new Field(Type.OBJECT, NEITHER, RequestSchema::isEmpty));
        fields.put("suffix", new Field(Type.STRING, NEITHER, text("")));
        fields.put("response_format", new Field(Type.OBJECT, NEITHER, RequestSchema::isTextFormat));
        fields.put("tools", new Field(Type.ARRAY, NEITHER, RequestSchema::isEmpty));
        fields.put("functions", new Field(Type.ARRAY, NEITHER, RequestSchema::isEmpty));
        fields.put("tool_choice", new Field(Type.ANY, NEITHER, text("none", "auto")));
        fields.put("function_call", new Field(Type.ANY, NEITHER, text("none", "auto")));
        fields.put("modalities", new Field(Type.ARRAY, NEITHER, JsonArray.of(new JsonString("text"))::equals));
        fields.put("audio", new Field(Type.OBJECT, NEITHER, none()));
        fields.put("prediction", new Field(Type.OBJECT, NEITHER, none()));
        fields.put("web_search_options", new Field(Type.OBJECT, NEITHER, none()));
        fields.put("moderation", new Field(Type.ANY, NEITHER, none()));
    }

    private static Predicate<JsonValue> none() {
        return _ -> false;
    }

    private static Predicate<JsonValue> whole(long neutral) {
        return value -> value instanceof JsonNumber number && number.whole().equals(OptionalLong.of(neutral));
    }

    // == and not equals: -0.0 is 0
    private static Predicate<JsonValue> number(double neutral) {
        return value -> value instanceof JsonNumber number && number.real() == neutral;
    }

    private static Predicate<JsonValue> text(String... neutral) {
        return value -> value instanceof JsonString text && Set.of(neutral).contains(text.text());
    }

    private static boolean isEmpty(JsonValue value) {
        return value instanceof JsonObject object && object.keys().isEmpty()
                || value instanceof JsonArray array && array.items().isEmpty();
    }

    private static boolean isTextFormat(JsonValue value) {
        return value instanceof JsonObject format
                && format.equals(JsonObject.empty().with("type", "text"));
    }

    /**
     * Returns the fields of a request that are to be read, without those whose values are null or neutral.
     *
     * @throws ApiException if a field is unknown, of the wrong type, or asks for what is not supported; it names the field
     */
    static RequestFields check(JsonObject request, Endpoint endpoint) {
        JsonObject read = request;
        for (String name : request.keys().stream().sorted().toList()) {
            JsonValue value = request.value(name).orElseThrow();
            Field field = FIELDS.get(name);
            if (field == null) {
                throw ApiException.invalidParameter(name, "Unrecognized request argument supplied: %s", name);
            }
            if (value instanceof JsonNull || isNeutral(name, value, field)) {
                read = read.without(name);
            } else if (!field.accepted().contains(endpoint)) {
                throw ApiException.invalidParameter(
                        name, "Unsupported value: '%s' is not supported here, found %s.", name, value.describe());
            }
        }
        return requireTogether(new RequestFields(read));
    }

    private static boolean isNeutral(String name, JsonValue value, Field field) {
        if (!field.type().accepts(value)) {
            throw ApiException.invalidParameter(
                    name,
                    "Invalid type for '%s': expected %s, found %s.",
                    name,
                    field.type().description,
                    value.describe());
        }
        return field.neutral().test(value);
    }

    private static RequestFields requireTogether(RequestFields fields) {
        if (fields.value("stream_options").isPresent() && !fields.flag("stream").orElse(false)) {
            throw ApiException.invalidParameter(
                    "stream_options", "The 'stream_options' parameter is only allowed when 'stream' is enabled.");
        }
        if (fields.value("top_logprobs").isPresent() && fields.value("logprobs").isEmpty()) {
            throw ApiException.invalidParameter(
                    "top_logprobs", "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.");
        }
        fields.object("stream_options")
                .ifPresent(options -> options.requireKnown(Set.of("include_usage", "include_obfuscation")));
        fields.object("stream_options").ifPresent(options -> options.flag("include_obfuscation"));
        return fields;
    }
}
