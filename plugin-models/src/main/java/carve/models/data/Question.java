package carve.models.data;

/**
 * A question about a scene, and the only right answer.
 *
 * @param kind what it asks for
 * @param text the question, without a placeholder for the picture
 * @param answer the answer
 */
public record Question(QuestionKind kind, String text, String answer) {}
