package carve.runtime.eval.suite;

/**
 * A question with what a model answered.
 *
 * @param question the question
 * @param text the answer
 */
public record Prediction(Question question, String text) {}
