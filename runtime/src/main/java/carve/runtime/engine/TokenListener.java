package carve.runtime.engine;

/** A receiver of tokens as they are generated. */
@FunctionalInterface
public interface TokenListener {
    /** The receiver that does nothing. */
    TokenListener NONE = (_, _) -> {};

    /**
     * Receives the next token of an answer; the token that ends the answer is not told.
     *
     * @param request the index of the request among those that were given together
     * @param token the token
     */
    void onToken(int request, int token);

    /** Receives the notice that an answer is complete. */
    default void onCompletion(int request, Completion completion) {}

    /** Returns whether generation is to end here; asked after each token. */
    default boolean isCancelled() {
        return false;
    }
}
