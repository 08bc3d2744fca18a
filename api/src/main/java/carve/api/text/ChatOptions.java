package carve.api.text;

import carve.api.json.JsonObject;

/**
 * The options that a prompt is made with beside the messages, as {@code apply_chat_template} of Transformers has it.
 *
 * @param addGenerationPrompt whether the prompt ends with what begins the model's next message
 * @param continueFinalMessage whether the prompt ends with the text of the last message, which the model continues
 * @param variables the other variables of the chat template: {@code tools}, {@code documents}, and the template's own, such as
 *     {@code enable_thinking}
 */
public record ChatOptions(boolean addGenerationPrompt, boolean continueFinalMessage, JsonObject variables) {
    /** The options of a prompt that the model answers with a new message. */
    public static final ChatOptions ANSWER = new ChatOptions(true, false, JsonObject.empty());

    /** The options of a conversation as it is, which asks for nothing. */
    public static final ChatOptions WHOLE = new ChatOptions(false, false, JsonObject.empty());

    /**
     * Checks that one of the two ends is asked for at most.
     *
     * @throws IllegalArgumentException if both are
     */
    public ChatOptions {
        if (addGenerationPrompt && continueFinalMessage) {
            throw new IllegalArgumentException(
                    "add_generation_prompt and continue_final_message cannot both be true: a prompt either begins a new message or"
                            + " continues the last one");
        }
    }

    /** Returns these options with other variables. */
    public ChatOptions with(JsonObject others) {
        return new ChatOptions(addGenerationPrompt, continueFinalMessage, others);
    }
}
