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
import java.util.Set;

/** Reads the messages of a request. */
final class MessageParser {
    private static final String IMAGE = "<image>";
    private static final Set<String> USER_FIELDS = Set.of("role", "content", "name", "type");
    // clients send back what they were answered, with fields that are null or empty
    private static final Set<String> ASSISTANT_FIELDS =
            Set.of("role", "content", "name", "type", "refusal", "audio", "tool_calls", "function_call", "annotations");
    private static final Set<String> UNSUPPORTED_FIELDS =
            Set.of("refusal", "audio", "tool_calls", "function_call", "annotations");
    private static final Set<String> LISTS = Set.of("tool_calls", "annotations");
    private static final FieldType CACHE_BREAKPOINT =
            new FieldType("{\"mode\": \"explicit\"}", JsonObject.empty().with("mode", "explicit")::equals);

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
        if (!all.getLast().isFrom(Role.USER)) {
            all.add(Message.user(""));
        }
        return all;
    }

    private void addAnswer(Message answer) {
        // an answer that follows no question answers an empty one
        if (turns.isEmpty() || !turns.getLast().isFrom(Role.USER)) {
            turns.add(Message.user(""));
        }
        turns.add(answer);
    }

    private void add(JsonValue value, String path) {
        RequestFields message = RequestFields.of(value, path);
        String role = message.string("role").orElseThrow(() -> message.missing("role"));
        requireFields(message, role.equals("assistant") ? ASSISTANT_FIELDS : USER_FIELDS);
        List<EncodedImage> own = new ArrayList<>();
        String text = literal(content(message, role, own), own.size());
        switch (role) {
            case "system", "developer" -> instructions.add(text);
            case "user" -> turns.add(new Message(Role.USER, text, own));
            case "assistant" -> addAnswer(new Message(Role.ASSISTANT, text, own));
            default ->
                throw ApiException.invalidParameter(
                        message.path("role"),
                        "Invalid value: '%s'. Supported values are: 'system', 'developer', 'user' and 'assistant'.",
                        role);
        }
    }

    private static void requireFields(RequestFields message, Set<String> known) {
        message.requireKnown(known);
        message.requireType("name", FieldType.STRING);
        message.requireType("type", FieldType.oneOf("text"));
        for (String name : UNSUPPORTED_FIELDS) {
            message.value(name)
                    .filter(value -> !(LISTS.contains(name) && value.equals(JsonArray.of())))
                    .ifPresent(value -> {
                        throw ApiException.invalidParameter(
                                message.path(name),
                                "Unsupported value: '%s' is not supported here, found %s.",
                                message.path(name),
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

    private String content(RequestFields message, String role, List<EncodedImage> own) {
        JsonValue content = message.value("content").orElseThrow(() -> message.missing("content"));
        return switch (content) {
            case JsonString text -> text.text();
            case JsonArray parts -> parts(parts, message.path("content"), role, own);
            default -> throw RequestFields.wrongType(message.path("content"), "a string or an array", content);
        };
    }

    private String parts(JsonArray parts, String path, String role, List<EncodedImage> own) {
        if (parts.items().isEmpty()) {
            throw ApiException.invalidParameter(path, "Invalid '%s': empty array.", path);
        }
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < parts.items().size(); i++) {
            RequestFields part = RequestFields.of(parts.items().get(i), "%s[%d]".formatted(path, i));
            String type = part.string("type").orElseThrow(() -> part.missing("type"));
            // a hint to caches, which are automatic here
            part.requireType("prompt_cache_breakpoint", CACHE_BREAKPOINT);
            if (type.equals("text")) {
                texts.add(text(part));
            } else if (type.equals("image_url") && role.equals("user")) {
                own.add(picture(part));
            } else {
                throw ApiException.invalidParameter(
                        part.path("type"),
                        "Invalid value: '%s'. Supported values are: 'text', and 'image_url' in messages of the role 'user'.",
                        type);
            }
        }
        return String.join("\n", texts);
    }

    private static String text(RequestFields part) {
        part.requireKnown(Set.of("type", "text", "prompt_cache_breakpoint"));
        return part.string("text").orElseThrow(() -> part.missing("text"));
    }

    private EncodedImage picture(RequestFields part) {
        pictures++;
        return picture(part, pictures, requestLimits);
    }

    /**
     * Returns the image of a part.
     *
     * @param number how many images the request has so far, with this one
     */
    static EncodedImage picture(RequestFields part, int number, RequestLimits requestLimits) {
        if (number > requestLimits.maxImages()) {
            throw ApiException.invalidParameter(
                    part.path("image_url"),
                    "Too many images: at most %d are allowed per request.",
                    requestLimits.maxImages());
        }
        part.requireKnown(Set.of("type", "image_url", "prompt_cache_breakpoint"));
        return DataUriDecoder.decode(url(part), part.path("image_url"), requestLimits.maxPixels());
    }

    // some clients send the text alone
    private static String url(RequestFields part) {
        if (part.value("image_url").orElseThrow(() -> part.missing("image_url")) instanceof JsonString url) {
            return url.text();
        }
        RequestFields image = part.object("image_url").orElseThrow();
        image.requireKnown(Set.of("url", "detail"));
        image.requireType("detail", FieldType.oneOf("auto", "low", "high"));
        return image.string("url").orElseThrow(() -> image.missing("url"));
    }
}
