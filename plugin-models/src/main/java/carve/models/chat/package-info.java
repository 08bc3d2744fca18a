/**
 * Conversations as models read them.
 *
 * <p>A {@link carve.models.chat.ConversationFormat} makes the text of a conversation: by the model's chat template, by the code of its
 * authors, or not at all, where no template is known. A {@link carve.models.chat.ChatProcessor} makes token ids of that text, puts
 * images into it, and marks the answers for training. A family of models for text needs one line:
 *
 * {@snippet :
 * public Processor processor(ModelSpec spec, Path folder) {
 *     return ChatProcessor.text(spec.config(), folder);
 * }
 * }
 */
package carve.models.chat;
