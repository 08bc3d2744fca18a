package carve.models.data;

/**
 * A question about a scene, with its only right answer.
 *
 * @param kind its kind
 * @param text the question, without a placeholder for the image
 * @param answer the answer
 */
public record Question(QuestionKind kind, String text, String answer) {}
