package carve.runtime.answers;

import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import carve.api.text.Message;
import carve.api.text.Processor;
import java.util.ArrayList;
import java.util.List;

/**
 * A prompt.
 *
 * @param tokens T token ids that the model continues, at least one; not copied
 * @param row what the answer completes: an object with {@code messages}, which it is the next of, or with {@code text}, which it
 *     continues
 */
public record AnswerPrompt(int[] tokens, JsonObject row) {
    static final String MESSAGES = "messages";
    static final String TEXT = "text";

    /** Checks the parts. */
    public AnswerPrompt {
        if (tokens.length == 0) {
            throw new AnswerException("a prompt needs at least one token");
        }
        if (row.has(MESSAGES) == row.has(TEXT)) {
            throw new AnswerException("a prompt has either 'messages' or 'text', not " + row.keys());
        }
    }

    /**
     * Returns the prompt of a conversation, in the model's chat template.
     *
     * @throws carve.api.text.ChatTemplateException if there is no template, or it refuses the conversation
     */
    public static AnswerPrompt chat(Processor processor, List<JsonObject> messages) {
        List<Message> conversation = messages.stream()
                .map(json -> new Message(
                        json, Message.escape(json.optionalString("content").orElse("")), List.of()))
                .toList();
        return new AnswerPrompt(
                processor.prompt(conversation).tokens(),
                JsonObject.empty().with(MESSAGES, new JsonArray(List.copyOf(messages))));
    }

    /** Returns the prompt of a text that is continued as it is, without a chat template. */
    public static AnswerPrompt text(Processor processor, String text) {
        return new AnswerPrompt(processor.encode(text), JsonObject.empty().with(TEXT, text));
    }

    /** Returns the row with its answer. */
    JsonObject answered(String answer) {
        if (row.has(TEXT)) {
            return row.with(TEXT, row.string(TEXT) + answer);
        }
        List<JsonValue> messages = new ArrayList<>(row.array(MESSAGES).items());
        messages.add(Message.assistant(Message.escape(answer)).json());
        return row.with(MESSAGES, new JsonArray(messages));
    }
}
