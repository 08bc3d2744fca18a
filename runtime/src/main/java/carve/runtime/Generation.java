package carve.runtime;

import java.util.List;

/**
 * A generated text.
 *
 * @param text the text
 * @param tokens its token ids, without the token that ended it
 * @param finishReason why the generation ended
 * @param timings how long it took
 */
public record Generation(String text, List<Integer> tokens, FinishReason finishReason, Timings timings) {
    /** The reasons for which a generation ends. */
    public enum FinishReason {
        /** The model ended its text, or a stop text was generated. */
        STOP,
        /** The greatest number of tokens was generated. */
        LENGTH
    }

    /**
     * The timings of a generation.
     *
     * @param promptTokens the number of tokens of the prompt
     * @param prefillSeconds the time from the request to the first token
     * @param decodeSeconds the time from the first token to the last
     */
    public record Timings(int promptTokens, double prefillSeconds, double decodeSeconds) {}

    /** Copies the list. */
    public Generation {
        tokens = List.copyOf(tokens);
    }

    /** Returns the tokens per second after the first one; 0 if there is at most one. */
    public double tokensPerSecond() {
        return tokens.size() < 2 ? 0 : (tokens.size() - 1) / Math.max(1e-9, timings.decodeSeconds());
    }
}
