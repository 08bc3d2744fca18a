package carve.models.chat;

import carve.api.text.Processor.ChatFormat;

/** A form of conversations that is made by code, not by a chat template; the tokenizer's first tokens come before it. */
public interface CodeFormat extends ConversationFormat {
    @Override
    default ChatFormat kind() {
        return ChatFormat.CODE;
    }

    @Override
    default boolean beginsSequence() {
        return true;
    }
}
