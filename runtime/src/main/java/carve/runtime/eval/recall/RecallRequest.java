package carve.runtime.eval.recall;

/**
 * A request for an example of a {@link RecallTask}.
 *
 * @param length the most tokens that the prompt and the generated answer have together
 * @param depth where the answer stands in the text; tasks without a depth draw at random whatever it is
 * @param seed of every choice
 */
public record RecallRequest(int length, Depth depth, long seed) {
    /** Checks the range. */
    public RecallRequest {
        if (length < 1) {
            throw new IllegalArgumentException("a length must be 1 or more, is " + length);
        }
    }
}
