package carve.models.chat;

import carve.api.text.ChatOptions;
import carve.api.text.ChatTemplateException;
import carve.api.text.Message;
import carve.api.text.Processor.ChatFormat;
import carve.models.text.AnsweredText;
import java.nio.file.Path;
import java.util.List;

/**
 * The refusal of conversations with a model that has no chat template, or none that can be parsed.
 *
 * @param reason the message
 */
record NoFormat(String reason) implements ConversationFormat {
    /** Returns the refusal for a model without a chat template. */
    static NoFormat of(Path model) {
        return new NoFormat(
                ("%s has no chat template (%s, or chat_template in tokenizer_config.json or GGUF metadata), so there are no"
                                + " conversations with it; give the model's own template with --chat-template FILE, or continue"
                                + " texts: POST /v1/completions, or carve generate --raw")
                        .formatted(model, ChatTemplates.FILE));
    }

    @Override
    public String name() {
        return "none";
    }

    @Override
    public ChatFormat kind() {
        return ChatFormat.NONE;
    }

    @Override
    public boolean beginsSequence() {
        return true;
    }

    @Override
    public String prompt(List<Message> conversation, ChatOptions options) {
        throw new ChatTemplateException(reason);
    }

    @Override
    public AnsweredText answered(List<Message> conversation) {
        throw new ChatTemplateException(reason);
    }
}
