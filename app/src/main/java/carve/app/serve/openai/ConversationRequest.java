package carve.app.serve.openai;

import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import carve.api.text.ChatOptions;
import carve.api.text.Message;
import carve.api.text.Processor;
import carve.api.text.Processor.ChatFormat;
import carve.app.serve.http.ApiException;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A conversation that was sent, and what its prompt is made with beside the messages.
 *
 * @param messages the messages
 * @param options how the prompt ends, and the variables of the chat template
 */
record ConversationRequest(List<Message> messages, ChatOptions options) {
    private static final String GENERATION = "add_generation_prompt";
    private static final String CONTINUE = "continue_final_message";
    private static final String VARIABLES = "chat_template_kwargs";
    private static final List<String> PASSED_ON = List.of("tools", "documents", "reasoning_effort");
    private static final Set<String> RESERVED = Set.of("messages", "tools", "documents", GENERATION, CONTINUE);
    private static final String ASSISTANT = "assistant";

    ConversationRequest {
        messages = List.copyOf(messages);
    }

    /**
     * Reads the conversation of a request.
     *
     * @param given the messages, perhaps with some before those of the request
     * @throws ApiException if they are not messages, or ask for what the model does not support; it names the field
     */
    static ConversationRequest of(
            RequestFields requestFields, JsonArray given, Processor processor, RequestLimits requestLimits) {
        if (processor.chatFormat() == ChatFormat.CODE) {
            RequestSchema.requireNoTemplate(requestFields);
            return new ConversationRequest(MessageParser.parsePrompt(given, requestLimits), ChatOptions.ANSWER);
        }
        return new ConversationRequest(TemplateMessageParser.parse(given, requestLimits), options(requestFields));
    }

    /** Reads a conversation that is kept: one in which the assistant had the last word is whole, another asks for an answer. */
    static ConversationRequest kept(
            JsonArray given, JsonObject variables, Processor processor, RequestLimits requestLimits) {
        boolean template = processor.chatFormat() != ChatFormat.CODE;
        List<Message> messages = template
                ? TemplateMessageParser.parse(given, requestLimits)
                : MessageParser.parse(given, requestLimits);
        if (messages.getLast().role().equals(ASSISTANT)) {
            return new ConversationRequest(messages, ChatOptions.WHOLE.with(variables));
        }
        return template
                ? new ConversationRequest(messages, ChatOptions.ANSWER.with(variables))
                : new ConversationRequest(MessageParser.parsePrompt(given, requestLimits), ChatOptions.ANSWER);
    }

    private static ChatOptions options(RequestFields requestFields) {
        boolean continues = requestFields.flag(CONTINUE).orElse(false);
        boolean adds = requestFields.flag(GENERATION).orElse(!continues);
        if (continues && adds) {
            throw ApiException.invalidParameter(
                    CONTINUE, "Cannot set both 'continue_final_message' and 'add_generation_prompt' to true.");
        }
        JsonObject variables = JsonObject.empty();
        for (String name : PASSED_ON) {
            Optional<JsonValue> value = requestFields.value(name);
            variables = value.isPresent() ? variables.with(name, value.get()) : variables;
        }
        return new ChatOptions(adds, continues, withOwn(variables, requestFields));
    }

    private static JsonObject withOwn(JsonObject variables, RequestFields requestFields) {
        if (!(requestFields.value(VARIABLES).orElse(JsonObject.empty()) instanceof JsonObject own)) {
            return variables;
        }
        JsonObject all = variables;
        for (String name : own.keys()) {
            if (RESERVED.contains(name)) {
                String path = VARIABLES + "." + name;
                throw ApiException.invalidParameter(
                        path, "Unsupported value: '%s' is set by the request's own fields.", path);
            }
            all = all.with(name, own.value(name).orElseThrow());
        }
        return all;
    }

    /** Returns all texts of the conversation, for its length. */
    List<String> texts() {
        return messages.stream().map(Message::text).toList();
    }
}
