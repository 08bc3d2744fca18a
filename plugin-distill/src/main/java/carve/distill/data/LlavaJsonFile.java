package carve.distill.data;

import carve.api.config.SettingsException;
import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonException;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import carve.api.text.Message;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads files in LLaVA's format, an array of objects; other keys are ignored.
 *
 * <pre>{@code
 * [{"id": "7", "image": "7.png", "conversations": [
 *     {"from": "human", "value": "<image>\nWhat is this?"}, {"from": "gpt", "value": "A square."}]}]
 * }</pre>
 *
 * <p>{@code image} is a name, several, or absent. {@code from} is {@code human} or {@code user}, {@code gpt} or {@code
 * assistant}, or {@code system}.
 */
final class LlavaJsonFile {
    private static final int SHOWN = 20;

    private LlavaJsonFile() {}

    /**
     * Returns the conversations of a file.
     *
     * @throws SettingsException if it cannot be read; the message has all problems, the first 20 in full
     */
    static List<LlavaConversation> read(Path file) {
        List<LlavaConversation> conversations = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        List<JsonValue> items = items(file);
        for (int i = 0; i < items.size(); i++) {
            try {
                conversations.add(conversation(items.get(i), i));
            } catch (JsonException e) {
                problems.add("[%d]: %s".formatted(i, e.getMessage()));
            }
        }
        if (!problems.isEmpty()) {
            throw new SettingsException("%s: %d of %d conversations cannot be used\n  %s"
                    .formatted(
                            file,
                            problems.size(),
                            items.size(),
                            String.join("\n  ", problems.subList(0, Math.min(SHOWN, problems.size())))));
        }
        return conversations;
    }

    private static List<JsonValue> items(Path file) {
        try {
            if (Json.read(file) instanceof JsonArray array && !array.items().isEmpty()) {
                return array.items();
            }
        } catch (JsonException e) {
            throw new SettingsException(e.getMessage(), e);
        }
        throw new SettingsException(file + ": expected an array of conversations with at least one");
    }

    /**
     * Returns the conversation of an entry; one without id is called by its number.
     *
     * @throws JsonException if it is none
     */
    static LlavaConversation conversation(JsonValue item, int index) {
        if (!(item instanceof JsonObject object)) {
            throw new JsonException("expected an object, found " + item.describe());
        }
        List<Message> messages = new ArrayList<>();
        for (JsonValue turn : object.array("conversations").items()) {
            if (!(turn instanceof JsonObject said)) {
                throw new JsonException("conversations: expected objects, found " + turn.describe());
            }
            messages.add(new Message(role(said), said.string("value"), List.of()));
        }
        if (messages.stream().noneMatch(message -> message.isFrom(Message.Role.ASSISTANT))) {
            throw new JsonException("conversations: expected an answer, found none");
        }
        return new LlavaConversation(id(object, index), images(object), messages);
    }

    private static Message.Role role(JsonObject said) {
        return switch (said.string("from")) {
            case "human", "user" -> Message.Role.USER;
            case "gpt", "assistant" -> Message.Role.ASSISTANT;
            case "system" -> Message.Role.SYSTEM;
            default ->
                throw said.error(
                        "from",
                        "expected one of human, user, gpt, assistant, system, found '%s'"
                                .formatted(said.string("from")));
        };
    }

    private static String id(JsonObject object, int index) {
        return switch (object.value("id").orElse(JsonNumber.of(index))) {
            case JsonString text -> text.text();
            case JsonValue other -> Json.compact(other);
        };
    }

    private static List<String> images(JsonObject object) {
        JsonValue image = object.value("image").orElse(new JsonArray(List.of()));
        return switch (image) {
            case JsonString _, JsonArray _ ->
                object.paths("image", Path.of("")).stream().map(Path::toString).toList();
            default -> throw object.error("image", "expected a name or a list of names, found " + image.describe());
        };
    }
}
