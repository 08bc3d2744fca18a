package carve.runtime.eval.recall;

import carve.api.data.Sample;
import carve.api.json.JsonObject;
import carve.api.text.ChatOptions;
import carve.api.text.Message;
import carve.api.text.Processor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The prompts of examples: texts that a model continues, or conversations whose answer has begun with the example's prefix.
 *
 * @param processor the model's tokenizer and chat template
 * @param chat whether they are conversations
 */
record RecallPrompts(Processor processor, boolean chat) {
    private static final ChatOptions CONTINUE = new ChatOptions(false, true, JsonObject.empty());

    Sample prompt(RecallExample example) {
        return chat ? conversation(example.prompt(), example.answerPrefix()) : text(example.input());
    }

    /** Counts what the chat template adds too. */
    TokenCounter counter() {
        if (!chat) {
            return TokenCounter.of(processor);
        }
        int template = conversation("a", "").tokens().length;
        return text -> processor.encode(text).length + template;
    }

    private Sample text(String input) {
        int[] tokens = processor.encode(input);
        return new Sample(tokens, new boolean[tokens.length], Map.of());
    }

    private Sample conversation(String prompt, String prefix) {
        List<Message> messages = new ArrayList<>(List.of(Message.user(Message.escape(prompt))));
        if (prefix.isBlank()) {
            return processor.prompt(messages);
        }
        messages.add(Message.assistant(Message.escape(prefix.strip())));
        return processor.prompt(messages, CONTINUE);
    }
}
