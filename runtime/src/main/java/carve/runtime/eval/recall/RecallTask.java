package carve.runtime.eval.recall;

/** A kind of text in which something must be found again. Immutable; examples are a function of the request. */
public interface RecallTask {
    /** Returns the name, {@code [a-z][a-z0-9-]*}. */
    String name();

    /** Returns what its texts are made of besides the task itself, such as {@code noise}; reports show it. */
    default String haystack() {
        return "";
    }

    /** Returns whether {@link RecallRequest#depth} says where the answer stands. */
    default boolean hasDepth() {
        return false;
    }

    /** Returns the least number of parts (lines, words) that a text has; more make it longer. */
    int minSize();

    /** Returns the greatest number of parts. */
    default int maxSize() {
        return Integer.MAX_VALUE / 2;
    }

    /** Returns the example with a number of parts, whatever its length. */
    RecallExample sized(RecallRequest request, int size);

    /**
     * Returns the longest example that fits: with the tokens that are generated, at most {@link RecallRequest#length}.
     *
     * @throws RecallException if the shortest one is longer
     */
    default RecallExample example(TokenCounter tokens, RecallRequest request) {
        return new ExampleFit(this, tokens, request).longest();
    }
}
