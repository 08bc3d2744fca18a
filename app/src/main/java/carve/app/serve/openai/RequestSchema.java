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
import java.util.List;
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

    /**
     * A field.
     *
     * @param type the type of its values
     * @param accepted the endpoints that read it, or pass over it
     * @param neutral the values that ask for nothing
     */
    private record Field(FieldType type, Set<Endpoint> accepted, Predicate<JsonValue> neutral) {}

    private static final Set<Endpoint> BOTH = EnumSet.allOf(Endpoint.class);
    private static final Set<Endpoint> NEITHER = EnumSet.noneOf(Endpoint.class);
    private static final Set<Endpoint> CHAT = EnumSet.of(Endpoint.CHAT);
    private static final Set<Endpoint> COMPLETIONS = EnumSet.of(Endpoint.COMPLETIONS);
    private static final FieldType REASONING_EFFORT =
            FieldType.oneOf("none", "minimal", "low", "medium", "high", "xhigh", "max");
    private static final FieldType CACHE_OPTIONS =
            FieldType.objectOf(Map.of("mode", FieldType.oneOf("implicit", "explicit"), "ttl", FieldType.oneOf("30m")));
    private static final String GENERATION_PROMPT = "add_generation_prompt";
    private static final List<String> OF_TEMPLATES =
            List.of("tools", "documents", "chat_template_kwargs", GENERATION_PROMPT, "continue_final_message");
    private static final Map<String, Field> FIELDS = fields();

    private RequestSchema() {}

    private static Map<String, Field> fields() {
        Map<String, Field> fields = new LinkedHashMap<>();
        addRead(fields);
        addOfTemplates(fields);
        addPassedOver(fields);
        addRefused(fields);
        return Map.copyOf(fields);
    }

    private static void addRead(Map<String, Field> fields) {
        fields.put("model", new Field(FieldType.STRING, BOTH, none()));
        fields.put("messages", new Field(FieldType.ARRAY, CHAT, none()));
        fields.put("prompt", new Field(FieldType.ANY, COMPLETIONS, none()));
        fields.put("stream", new Field(FieldType.BOOLEAN, BOTH, none()));
        fields.put("stream_options", new Field(FieldType.OBJECT, BOTH, none()));
        fields.put("temperature", new Field(FieldType.NUMBER, BOTH, none()));
        fields.put("top_p", new Field(FieldType.NUMBER, BOTH, none()));
        fields.put("top_k", new Field(FieldType.INTEGER, BOTH, none()));
        fields.put("min_p", new Field(FieldType.NUMBER, BOTH, none()));
        fields.put("repetition_penalty", new Field(FieldType.NUMBER, BOTH, none()));
        fields.put("seed", new Field(FieldType.INTEGER, BOTH, none()));
        fields.put("stop", new Field(FieldType.ANY, BOTH, none()));
        fields.put("max_tokens", new Field(FieldType.INTEGER, BOTH, none()));
        fields.put("max_completion_tokens", new Field(FieldType.INTEGER, CHAT, none()));
        fields.put("logprobs", new Field(FieldType.ANY, BOTH, value -> value.equals(new JsonBoolean(false))));
        fields.put("top_logprobs", new Field(FieldType.INTEGER, CHAT, whole(0)));
        fields.put("echo", new Field(FieldType.BOOLEAN, COMPLETIONS, value -> value.equals(new JsonBoolean(false))));
        fields.put("ignore_eos", new Field(FieldType.BOOLEAN, BOTH, none()));
        fields.put("carve", new Field(FieldType.OBJECT, CHAT, none()));
    }

    // what a chat template sees; other models do not, see requireNoTemplate
    private static void addOfTemplates(Map<String, Field> fields) {
        fields.put("tools", new Field(FieldType.arrayOf(FieldType.OBJECT), CHAT, RequestSchema::isEmpty));
        fields.put("documents", new Field(FieldType.arrayOf(FieldType.OBJECT), CHAT, RequestSchema::isEmpty));
        fields.put("chat_template_kwargs", new Field(FieldType.OBJECT, CHAT, RequestSchema::isEmpty));
        fields.put(GENERATION_PROMPT, new Field(FieldType.BOOLEAN, CHAT, none()));
        fields.put(
                "continue_final_message",
                new Field(FieldType.BOOLEAN, CHAT, value -> value.equals(new JsonBoolean(false))));
    }

    private static void addPassedOver(Map<String, Field> fields) {
        fields.put("user", new Field(FieldType.STRING, BOTH, none()));
        fields.put("store", new Field(FieldType.BOOLEAN, BOTH, none()));
        fields.put("metadata", new Field(FieldType.mapOf(FieldType.STRING), BOTH, none()));
        fields.put(
                "service_tier",
                new Field(FieldType.oneOf("auto", "default", "flex", "scale", "priority", "fast"), BOTH, none()));
        fields.put("parallel_tool_calls", new Field(FieldType.BOOLEAN, BOTH, none()));
        fields.put("reasoning_effort", new Field(REASONING_EFFORT, BOTH, none()));
        fields.put("verbosity", new Field(FieldType.oneOf("low", "medium", "high"), BOTH, none()));
        fields.put("safety_identifier", new Field(FieldType.string(64), BOTH, none()));
        fields.put("prompt_cache_key", new Field(FieldType.STRING, BOTH, none()));
        fields.put("prompt_cache_retention", new Field(FieldType.oneOf("in_memory", "24h"), BOTH, none()));
        fields.put("prompt_cache_options", new Field(CACHE_OPTIONS, BOTH, none()));
    }

    private static void addRefused(Map<String, Field> fields) {
        fields.put("n", new Field(FieldType.INTEGER, NEITHER, whole(1)));
        fields.put("best_of", new Field(FieldType.INTEGER, NEITHER, whole(1)));
        fields.put("num_beams", new Field(FieldType.INTEGER, NEITHER, whole(1)));
        fields.put("frequency_penalty", new Field(FieldType.NUMBER, NEITHER, number(0)));
        fields.put("presence_penalty", new Field(FieldType.NUMBER, NEITHER, number(0)));
        fields.put("logit_bias", new Field(FieldType.OBJECT, NEITHER, RequestSchema::isEmpty));
        fields.put("suffix", new Field(FieldType.STRING, NEITHER, text("")));
        fields.put("response_format", new Field(FieldType.OBJECT, NEITHER, RequestSchema::isTextFormat));
        fields.put("functions", new Field(FieldType.ARRAY, NEITHER, RequestSchema::isEmpty));
        fields.put("tool_choice", new Field(FieldType.ANY, NEITHER, text("none", "auto")));
        fields.put("function_call", new Field(FieldType.ANY, NEITHER, text("none", "auto")));
        fields.put("modalities", new Field(FieldType.ARRAY, NEITHER, JsonArray.of(new JsonString("text"))::equals));
        fields.put("audio", new Field(FieldType.OBJECT, NEITHER, none()));
        fields.put("prediction", new Field(FieldType.OBJECT, NEITHER, none()));
        fields.put("web_search_options", new Field(FieldType.OBJECT, NEITHER, none()));
        fields.put("chat_template", new Field(FieldType.STRING, NEITHER, none()));
        fields.put("moderation", new Field(FieldType.ANY, NEITHER, none()));
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
        JsonObject read = withDefaultPrompt(request, endpoint);
        for (String name : read.keys().stream().sorted().toList()) {
            JsonValue value = read.value(name).orElseThrow();
            Field field = FIELDS.get(name);
            if (field == null) {
                throw ApiException.invalidParameter(name, "Unrecognized request argument supplied: %s", name);
            }
            if (value instanceof JsonNull || isNeutral(name, value, field)) {
                read = read.without(name);
            } else if (!field.accepted().contains(endpoint)) {
                throw unsupported(name, value);
            }
        }
        return requireTogether(new RequestFields(read));
    }

    /**
     * Refuses the fields that only chat templates see.
     *
     * @throws ApiException if one is there; it names the field
     */
    static void requireNoTemplate(RequestFields fields) {
        for (String name : OF_TEMPLATES) {
            fields.value(name)
                    .filter(value -> !(name.equals(GENERATION_PROMPT) && value.equals(new JsonBoolean(true))))
                    .ifPresent(value -> {
                        throw unsupported(name, value);
                    });
        }
    }

    private static ApiException unsupported(String name, JsonValue value) {
        return ApiException.invalidParameter(
                name, "Unsupported value: '%s' is not supported here, found %s.", name, value.describe());
    }

    // null is the default of this field: the beginning of a new text
    private static JsonObject withDefaultPrompt(JsonObject request, Endpoint endpoint) {
        boolean isNull =
                request.value("prompt").filter(JsonNull.class::isInstance).isPresent();
        return isNull && endpoint == Endpoint.COMPLETIONS ? request.with("prompt", "") : request;
    }

    private static boolean isNeutral(String name, JsonValue value, Field field) {
        if (!field.type().accepts(value)) {
            throw RequestFields.wrongType(name, field.type().description(), value);
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
