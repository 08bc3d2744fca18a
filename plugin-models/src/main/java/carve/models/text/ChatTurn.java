package carve.models.text;

/**
 * A question and its answer.
 *
 * @param question what the user says, with one {@code <image>} per picture
 * @param answer what the model says
 */
public record ChatTurn(String question, String answer) {}
