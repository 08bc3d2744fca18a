package carve.models.text;

import carve.api.text.ChatOptions;
import carve.api.text.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * A conversation of questions and answers, as code of models without a chat template reads it.
 *
 * @param instructions the system messages
 * @param turns the questions with their answers; the last answer may be empty
 */
public record ConversationTurns(List<String> instructions, List<ChatTurn> turns) {
    /** Copies the lists. */
    public ConversationTurns {
        instructions = List.copyOf(instructions);
        turns = List.copyOf(turns);
    }

    /**
     * Returns the turns of a conversation.
     *
     * @param question the text of a question
     * @param other the text of a system message or of an answer
     * @throws IllegalArgumentException if a message has another role, or two answers follow one another
     */
    public static ConversationTurns of(
            List<Message> conversation, Function<Message, String> question, Function<Message, String> other) {
        List<String> instructions = new ArrayList<>();
        List<ChatTurn> turns = new ArrayList<>();
        for (Message message : conversation) {
            switch (message.role()) {
                case "system" -> instructions.add(other.apply(message));
                case "user" -> turns.add(new ChatTurn(question.apply(message), ""));
                case "assistant" -> {
                    if (turns.isEmpty() || !turns.getLast().answer().isEmpty()) {
                        throw new IllegalArgumentException("user and assistant messages must alternate");
                    }
                    turns.add(new ChatTurn(turns.removeLast().question(), other.apply(message)));
                }
                default ->
                    throw new IllegalArgumentException(
                            "this model's conversations have the roles system, user and assistant, found '%s'; a chat template may"
                                            .formatted(message.role())
                                    + " have others");
            }
        }
        if (turns.isEmpty()) {
            throw new IllegalArgumentException("a conversation needs at least one user message");
        }
        return new ConversationTurns(instructions, turns);
    }

    /**
     * Checks that a prompt is asked for that these turns can be, and returns whether it ends with the question of the last turn.
     *
     * @throws IllegalArgumentException if the model is to answer an answer, or an option is not supported
     */
    public boolean asksForAnswer(ChatOptions options) {
        if (options.continueFinalMessage() || !options.variables().keys().isEmpty()) {
            throw new IllegalArgumentException(
                    "this model's conversations are made by code, not by a chat template: %s is not supported"
                            .formatted(
                                    options.continueFinalMessage()
                                            ? "continue_final_message"
                                            : String.join(
                                                    ", ", options.variables().keys())));
        }
        if (options.addGenerationPrompt() && !turns.getLast().answer().isEmpty()) {
            throw new IllegalArgumentException(
                    "a prompt must end with a user message, this one ends with an assistant message");
        }
        return options.addGenerationPrompt();
    }
}
