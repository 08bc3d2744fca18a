package carve.app.serve.openai;

import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import carve.api.text.EncodedImage;
import carve.api.text.Message;
import carve.api.text.Message.Role;
import carve.app.serve.http.ApiException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads the messages of a request. */
final class MessageParser {
    private static final String IMAGE = "<image>";
    private static final Set<String> USER_FIELDS = Set.of("role", "content", "name", "type");
    // clients send back what they were answered, with fields that are null or empty
    private static final Set<String> ASSISTANT_FIELDS =
            Set.of("role", "content", "name", "type", "refusal", "audio", "tool_calls", "function_call", "annotations");
    private static final Set<String> EMPTY_FIELDS =
            Set.of("refusal", "audio", "tool_calls", "function_call", "annotations");

    private final RequestLimits requestLimits;
    private final List<String> instructions = new ArrayList<>();
    private final List<Message> turns = new ArrayList<>();
    private int pictures;

    private MessageParser(RequestLimits requestLimits) {
        this.requestLimits = requestLimits;
    }

    /**
     * Returns the messages of a conversation.
     *
     * @throws ApiException if they are not messages; it says which one is not
     */
    static List<Message> parse(JsonArray messages, RequestLimits requestLimits) {
        if (messages.items().isEmpty()) {
            throw ApiException.invalidParameter("messages", "Invalid 'messages': empty array.");
        }
        MessageParser messageParser = new MessageParser(requestLimits);
        for (int i = 0; i < messages.items().size(); i++) {
            messageParser.add(messages.items().get(i), "messages[%d]".formatted(i));
        }
        List<Message> all = new ArrayList<>();
        if (!messageParser.instructions.isEmpty()) {
            all.add(new Message(Role.SYSTEM, String.join("\n", messageParser.instructions), List.of()));
        }
        all.addAll(messageParser.turns);
        return all;
    }

    /**
     * Returns the messages of a conversation that a model is to answer: it ends with a question, an empty one if the last message
     * is of another role.
     *
     * @throws ApiException if they are not messages; it says which one is not
     */
    static List<Message> parsePrompt(JsonArray messages, RequestLimits requestLimits) {
        List<Message> all = new ArrayList<>(parse(messages, requestLimits));
        if (all.getLast().role() != Role.USER) {
            all.add(Message.user(""));
        }
        return all;
    }

    private void addAnswer(Message answer) {
        // an answer that follows no question answers an empty one
        if (turns.isEmpty() || turns.getLast().role() != Role.USER) {
            turns.add(Message.user(""));
        }
        turns.add(answer);
    }

    private void add(JsonValue value, String where) {
        if (!(value instanceof JsonObject object)) {
            throw ApiException.invalidParameter(where, "Invalid type for '%s': expected an object.", where);
        }
        RequestFields requestFields = new RequestFields(object);
        String role = requestFields
                .string("role")
                .orElseThrow(() -> ApiException.invalidParameter(
                        where + ".role", "Missing required parameter: '%s.role'.", where));
        requireFields(requestFields, role.equals("assistant") ? ASSISTANT_FIELDS : USER_FIELDS, where);
        List<EncodedImage> own = new ArrayList<>();
        String text = literal(content(requestFields, where, own), own.size());
        switch (role) {
            case "system", "developer" -> instructions.add(text);
            case "user" -> turns.add(new Message(Role.USER, text, own));
            case "assistant" -> addAnswer(new Message(Role.ASSISTANT, text, own));
            default ->
                throw ApiException.invalidParameter(
                        where + ".role",
                        "Invalid value: '%s'. Supported values are: 'system', 'developer', 'user' and 'assistant'.",
                        role);
        }
    }

    private static void requireFields(RequestFields message, Set<String> known, String where) {
        message.requireKnown(known, where);
        message.string("name");
        message.string("type").filter(type -> !type.equals("text")).ifPresent(type -> {
            throw ApiException.invalidParameter(
                    where + ".type", "Unsupported value: '%s.type' is not supported here, found '%s'.", where, type);
        });
        for (String name : EMPTY_FIELDS) {
            message.value(name).filter(value -> !value.equals(JsonArray.of())).ifPresent(value -> {
                throw ApiException.invalidParameter(
                        where + "." + name,
                        "Unsupported value: '%s.%s' is not supported here, found %s.",
                        where,
                        name,
                        value.describe());
            });
        }
    }

    /**
     * Returns a text whose {@code <image>} are text, unless it has one for each image: harnesses write them at the images' places,
     * though the images are parts of their own.
     */
    private static String literal(String text, int images) {
        int marks = 0;
        for (int at = text.indexOf(IMAGE); at >= 0; at = text.indexOf(IMAGE, at + IMAGE.length())) {
            marks++;
        }
        return marks > 0 && marks == images ? text : Message.escape(text);
    }

    private String content(RequestFields requestFields, String where, List<EncodedImage> own) {
        Optional<JsonValue> content = requestFields.value("content");
        if (content.isEmpty()) {
            throw ApiException.invalidParameter(where + ".content", "Missing required parameter: '%s.content'.", where);
        }
        return switch (content.get()) {
            case JsonString text -> text.text();
            case JsonArray parts -> parts(parts, where + ".content", own);
            default ->
                throw ApiException.invalidParameter(
                        where + ".content", "Invalid type for '%s.content': expected a string or an array.", where);
        };
    }

    private String parts(JsonArray parts, String where, List<EncodedImage> own) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < parts.items().size(); i++) {
            String at = "%s[%d]".formatted(where, i);
            if (!(parts.items().get(i) instanceof JsonObject object)) {
                throw ApiException.invalidParameter(at, "Invalid type for '%s': expected an object.", at);
            }
            RequestFields part = new RequestFields(object);
            switch (part.string("type").orElse("")) {
                case "text" -> {
                    part.requireKnown(Set.of("type", "text"), at);
                    text.append(text.isEmpty() ? "" : "\n")
                            .append(part.string("text")
                                    .orElseThrow(() -> ApiException.invalidParameter(
                                            at + ".text", "Missing required parameter: '%s.text'.", at)));
                }
                case "image_url" -> own.add(picture(part, at));
                default ->
                    throw ApiException.invalidParameter(
                            at + ".type", "Invalid value at '%s.type': supported are 'text' and 'image_url'.", at);
            }
        }
        return text.toString();
    }

    private EncodedImage picture(RequestFields part, String where) {
        pictures++;
        if (pictures > requestLimits.maxImages()) {
            throw ApiException.invalidParameter(
                    where, "Too many images: at most %d are allowed per request.", requestLimits.maxImages());
        }
        part.requireKnown(Set.of("type", "image_url"), where);
        Optional<JsonValue> value = part.value("image_url");
        value.filter(JsonObject.class::isInstance).map(JsonObject.class::cast).ifPresent(object -> {
            RequestFields fields = new RequestFields(object);
            fields.requireKnown(Set.of("url", "detail"), where + ".image_url");
            fields.string("detail");
        });
        String url = value.isPresent() && value.get() instanceof JsonString text
                ? text.text()
                : part.object("image_url")
                        .flatMap(object -> object.string("url"))
                        .orElse("");
        return DataUriDecoder.decode(url, where + ".image_url", requestLimits.maxPixels());
    }
}
