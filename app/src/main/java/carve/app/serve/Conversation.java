package carve.app.serve;

import carve.api.config.JsonArray;
import carve.api.config.JsonObject;
import carve.api.config.JsonString;
import carve.api.config.JsonValue;
import carve.api.model.Message;
import carve.api.model.Message.Role;
import carve.api.model.Picture;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads the messages of a request. */
final class Conversation {
    private final ServingConfig.Limits limits;
    private final List<String> instructions = new ArrayList<>();
    private final List<Message> turns = new ArrayList<>();
    private int pictures;

    private Conversation(ServingConfig.Limits limits) {
        this.limits = limits;
    }

    /**
     * Returns the messages of a conversation.
     *
     * @throws ApiException if they are not messages; it says which one is not
     */
    static List<Message> read(JsonArray messages, ServingConfig.Limits limits) {
        if (messages.items().isEmpty()) {
            throw ApiException.invalid("messages", "Invalid 'messages': empty array.");
        }
        Conversation conversation = new Conversation(limits);
        for (int i = 0; i < messages.items().size(); i++) {
            conversation.add(messages.items().get(i), "messages[%d]".formatted(i));
        }
        List<Message> all = new ArrayList<>();
        if (!conversation.instructions.isEmpty()) {
            all.add(new Message(Role.SYSTEM, String.join("\n", conversation.instructions), List.of()));
        }
        all.addAll(conversation.turns);
        return all;
    }

    private void add(JsonValue value, String where) {
        if (!(value instanceof JsonObject object)) {
            throw ApiException.invalid(where, "Invalid type for '%s': expected an object.", where);
        }
        Fields fields = new Fields(object);
        String role = fields.string("role")
                .orElseThrow(
                        () -> ApiException.invalid(where + ".role", "Missing required parameter: '%s.role'.", where));
        List<Picture> own = new ArrayList<>();
        String text = content(fields, where, own);
        switch (role) {
            case "system", "developer" -> instructions.add(text);
            case "user" -> turns.add(new Message(Role.USER, text, own));
            case "assistant" -> turns.add(new Message(Role.ASSISTANT, text, own));
            default ->
                throw ApiException.invalid(
                        where + ".role",
                        "Invalid value: '%s'. Supported values are: 'system', 'developer', 'user' and 'assistant'.",
                        role);
        }
    }

    private String content(Fields fields, String where, List<Picture> own) {
        Optional<JsonValue> content = fields.value("content");
        if (content.isEmpty()) {
            throw ApiException.invalid(where + ".content", "Missing required parameter: '%s.content'.", where);
        }
        return switch (content.get()) {
            case JsonString text -> text.text();
            case JsonArray parts -> parts(parts, where + ".content", own);
            default ->
                throw ApiException.invalid(
                        where + ".content", "Invalid type for '%s.content': expected a string or an array.", where);
        };
    }

    private String parts(JsonArray parts, String where, List<Picture> own) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < parts.items().size(); i++) {
            String at = "%s[%d]".formatted(where, i);
            if (!(parts.items().get(i) instanceof JsonObject object)) {
                throw ApiException.invalid(at, "Invalid type for '%s': expected an object.", at);
            }
            Fields part = new Fields(object);
            switch (part.string("type").orElse("")) {
                case "text" ->
                    text.append(text.isEmpty() ? "" : "\n")
                            .append(part.string("text").orElse(""));
                case "image_url" -> own.add(picture(part, at));
                default ->
                    throw ApiException.invalid(
                            at + ".type", "Invalid value at '%s.type': supported are 'text' and 'image_url'.", at);
            }
        }
        return text.toString();
    }

    private Picture picture(Fields part, String where) {
        pictures++;
        if (pictures > limits.pictures()) {
            throw ApiException.invalid(where, "Too many pictures; at most %d are read.", limits.pictures());
        }
        Optional<JsonValue> value = part.value("image_url");
        String url = value.isPresent() && value.get() instanceof JsonString text
                ? text.text()
                : part.object("image_url")
                        .flatMap(object -> object.string("url"))
                        .orElse("");
        return Pictures.of(url, where + ".image_url", limits.pixels());
    }
}
