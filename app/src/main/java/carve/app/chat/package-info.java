/**
 * Talks to a model in a terminal.
 *
 * <p>A {@link carve.app.chat.Conversation} is a conversation with the model's state: what was said before is not computed again.
 * Where the next prompt does not go on from the state (after {@code /undo}, or where a tokenizer writes an answer otherwise than
 * the model did), the talk goes back to the last of its {@link carve.app.chat.ConversationSnapshot}s that the prompt does go on from, and
 * computes the rest. {@link carve.app.chat.ConversationFile} keeps a talk, {@link carve.app.chat.ChatRepl} understands what a person types, and
 * {@link carve.app.chat.LineInput} is where that comes from: a line editor, or a pipe.
 *
 * {@snippet :
 * try (Talk talk = new Talk(model, processor, sampler, 256)) {
 *     talk.ask("Who are you?", List.of(), text -> System.out.print(text), () -> false);
 * }
 * }
 */
package carve.app.chat;
