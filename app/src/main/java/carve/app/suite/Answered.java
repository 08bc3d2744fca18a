package carve.app.suite;

/**
 * A question with what a model answered.
 *
 * @param item the question
 * @param text the answer
 */
public record Answered(Item item, String text) {}
