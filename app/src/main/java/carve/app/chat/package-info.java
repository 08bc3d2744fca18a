/**
 * Chat with a model in a terminal.
 *
 * <p>A {@link carve.app.chat.Conversation} is a list of messages and the states after its earlier prompts and answers, which stay in the
 * generator's prefix cache: a question goes on from the longest of them that its prompt begins with. That is the last one, but
 * after {@code /undo}, or where a tokenizer encodes an answer in other tokens than the model gave. {@link
 * carve.app.chat.ConversationFile} saves a conversation, {@link carve.app.chat.ChatRepl} interprets what is typed, and {@link
 * carve.app.chat.LineInput} is where that comes from: a line editor, or a pipe.
 *
 * {@snippet :
 * try (Generator generator = new Generator(model);
 *         Conversation conversation = new Conversation(model, generator, processor, sampler, 256)) {
 *     conversation.ask("Who are you?", List.of(), text -> System.out.print(text), () -> false);
 * }
 * }
 */
package carve.app.chat;
