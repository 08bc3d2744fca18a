package carve.models.chat;

import carve.api.text.ChatOptions;
import carve.api.text.Message;
import carve.api.text.Processor.ChatFormat;
import carve.models.text.AnsweredText;
import java.util.List;

/**
 * A form in which models read conversations. Texts that it returns are for {@link carve.models.text.ConversationEncoder#encode}: what
 * people wrote is quoted in them where it would be taken for a special token.
 */
public interface ConversationFormat {
    /** Returns what messages call the format. */
    String name();

    /** Returns how conversations become prompts. */
    ChatFormat kind();

    /** Returns whether the tokens that the tokenizer puts before texts are put before a conversation. */
    boolean beginsSequence();

    /**
     * Returns the text of a prompt.
     *
     * @throws IllegalArgumentException if the messages or the options are not supported
     * @throws carve.api.text.ChatTemplateException if there is no chat template, or it refuses the conversation
     */
    String prompt(List<Message> conversation, ChatOptions options);

    /**
     * Returns a whole conversation, and where the answers in it are; for training.
     *
     * @throws IllegalArgumentException if the messages are not supported
     * @throws carve.api.text.ChatTemplateException if it cannot be told where the answers are
     */
    AnsweredText answered(List<Message> conversation);
}
