package carve.models.text;

/**
 * A question and its answer.
 *
 * @param question the user's message, with one {@code <image>} per image
 * @param answer the assistant's message
 */
public record ChatTurn(String question, String answer) {}
