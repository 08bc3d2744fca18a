package carve.models.template;

import carve.api.json.JsonArray;
import carve.api.json.JsonBoolean;
import carve.api.json.JsonNull;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import carve.models.template.value.Characters;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A conversation to render, prepared as {@code apply_chat_template} of Transformers prepares it.
 *
 * <p>Keys of messages whose value is null are dropped; a message's {@code reasoning_content}, {@code thinking} or {@code
 * reasoning}, the first that is there, stands under {@code reasoning_content} and, unless there is one, {@code thinking}. {@code
 * tools} and {@code documents} are null where they are not given.
 *
 * @param messages the messages, each an object
 * @param variables all else the template sees: {@code tools}, {@code documents}, {@code bos_token}, {@code eos_token}, and
 *     the template's own, such as {@code enable_thinking}
 */
public record ChatRequest(JsonArray messages, JsonObject variables) {
    private static final String TAG = "CONTINUE_FINAL_MESSAGE_TAG ";
    private static final List<String> REASONING = List.of("reasoning_content", "thinking", "reasoning");

    /** Returns the request with these messages and no other variables. */
    public static ChatRequest of(JsonArray messages) {
        return new ChatRequest(messages, JsonObject.empty());
    }

    /** Returns a copy with another variable. */
    public ChatRequest with(String name, JsonValue value) {
        return new ChatRequest(messages, variables.with(name, value));
    }

    /**
     * Returns the text of the conversation.
     *
     * @param addGenerationPrompt whether the template shall begin the assistant's next message
     * @throws TemplateException if there is no message, or one is not an object, or the template fails
     */
    public String prompt(ChatTemplate template, boolean addGenerationPrompt) {
        return template.render(arguments(prepared(template), addGenerationPrompt));
    }

    /**
     * Returns the text of the conversation, and what of it the assistant has written.
     *
     * @throws TemplateException if there is no message, or one is not an object, or the template fails
     */
    public RenderedPrompt withGeneration(ChatTemplate template) {
        return template.renderWithGeneration(arguments(prepared(template), false));
    }

    /**
     * Returns the text of the conversation up to the end of the last message's content, so that a model continues it:
     * {@code continue_final_message} of Transformers.
     *
     * @throws TemplateException if the last message has no text, or the template does not show it, or fails
     */
    public String continued(ChatTemplate template) {
        List<JsonObject> prepared = new ArrayList<>(prepared(template));
        if (!prepared.getLast().has("content")) {
            throw refuse(
                    template, "continue_final_message is set but the final message has no \"content\" to continue!");
        }
        if (!template.source().contains("content")) {
            throw refuse(
                    template,
                    "continue_final_message is set to \"content\" but this is not an accepted field in the chat_template");
        }
        JsonObject last = prepared.removeLast();
        Continuation continuation = Continuation.of(last.members().get("content"))
                .orElseThrow(
                        () -> refuse(
                                template,
                                "continue_final_message is set but we could not find any text to continue in the final message!"));
        prepared.add(last.with("content", continuation.tagged()));
        String rendered = template.render(arguments(prepared, false));
        int at = rendered.lastIndexOf(TAG.strip());
        if (at < 0 || !rendered.contains(stripped(continuation.text(), true))) {
            throw refuse(
                    template,
                    "continue_final_message is set but the final message does not appear in the chat after applying the chat template!"
                            + " This can happen if the chat template deletes portions of the final message."
                            + " Please verify the chat template and final message in your chat to ensure they are compatible.");
        }
        String before = rendered.substring(0, at);
        return rendered.startsWith(TAG, at) ? before : stripped(before, false);
    }

    // white space as Python has it, which is not that of String.strip
    private static String stripped(String text, boolean left) {
        return Characters.strip(text, Characters::isSpace, left, true);
    }

    // the text that is continued, and the content with the tag after it
    private record Continuation(String text, JsonValue tagged) {
        static Optional<Continuation> of(JsonValue content) {
            return switch (content) {
                case JsonString s -> Optional.of(new Continuation(s.text(), new JsonString(s.text() + TAG)));
                case JsonArray parts -> ofParts(parts);
                default -> Optional.empty();
            };
        }

        private static Optional<Continuation> ofParts(JsonArray parts) {
            List<JsonValue> tagged = new ArrayList<>(parts.items());
            for (int i = tagged.size() - 1; i >= 0; i--) {
                if (tagged.get(i) instanceof JsonObject part && part.members().get("text") instanceof JsonString s) {
                    tagged.set(i, part.with("text", s.text() + TAG));
                    return Optional.of(new Continuation(s.text(), new JsonArray(tagged)));
                }
            }
            return Optional.empty();
        }
    }

    private JsonObject arguments(List<JsonObject> prepared, boolean addGenerationPrompt) {
        Map<String, JsonValue> all = new LinkedHashMap<>(variables.members());
        all.putIfAbsent("tools", new JsonNull());
        all.putIfAbsent("documents", new JsonNull());
        all.put("messages", new JsonArray(List.copyOf(prepared)));
        all.put("add_generation_prompt", new JsonBoolean(addGenerationPrompt));
        return JsonObject.of(all);
    }

    private List<JsonObject> prepared(ChatTemplate template) {
        if (messages.items().isEmpty()) {
            throw refuse(
                    template, "Cannot apply chat template to an empty conversation. Provide at least one message.");
        }
        return messages.items().stream()
                .map(message -> message instanceof JsonObject object
                        ? withReasoning(withoutNulls(object))
                        : this.<JsonObject>refuseMessage(template, message))
                .toList();
    }

    private <T> T refuseMessage(ChatTemplate template, JsonValue message) {
        throw refuse(template, "a message must be an object with a role; found " + message.describe());
    }

    private static TemplateException refuse(ChatTemplate template, String reason) {
        return new TemplateException(template.name(), 0, "ValueError", reason);
    }

    private static JsonObject withoutNulls(JsonObject message) {
        Map<String, JsonValue> kept = new LinkedHashMap<>(message.members());
        kept.values().removeIf(JsonNull.class::isInstance);
        return JsonObject.of(kept);
    }

    private static JsonObject withReasoning(JsonObject message) {
        return REASONING.stream()
                .filter(message::has)
                .findFirst()
                .map(key -> withReasoning(message, message.members().get(key)))
                .orElse(message);
    }

    private static JsonObject withReasoning(JsonObject message, JsonValue reasoning) {
        Map<String, JsonValue> all = new LinkedHashMap<>();
        all.put("thinking", reasoning);
        all.putAll(message.members());
        all.put("reasoning_content", reasoning);
        return JsonObject.of(all);
    }
}
