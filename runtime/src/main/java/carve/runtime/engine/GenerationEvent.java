package carve.runtime.engine;

import java.util.List;

/** An event of a {@link GenerationJob}. */
public sealed interface GenerationEvent {
    /** The reasons for which an answer ends. */
    enum FinishReason {
        /** The model gave a stop token. */
        STOP,
        /** The answer has as many tokens as it may. */
        LENGTH,
        /** The request was cancelled. */
        CANCELLED
    }

    /**
     * The prompt has been processed.
     *
     * @param cachedTokens how many of its tokens did not have to be computed
     * @param promptLogprobs of its tokens from the second on, if they were asked for
     * @param nanos when, by {@link System#nanoTime}
     */
    record PrefillDone(int cachedTokens, List<TokenLogprob> promptLogprobs, long nanos) implements GenerationEvent {}

    /**
     * A token was sampled.
     *
     * @param token the token
     * @param isStopToken whether it ends the answer, and is not part of it
     * @param logprob how probable it was, if that was asked for
     * @param logits {@code (V)} from which it was sampled, if they were asked for; otherwise empty
     * @param stateBytes the bytes of the sequence's state
     * @param nanos when, by {@link System#nanoTime}
     */
    record TokenGenerated(
            int token, boolean isStopToken, TokenLogprob logprob, float[] logits, long stateBytes, long nanos)
            implements GenerationEvent {}

    /**
     * The end.
     *
     * @param reason why
     * @param speculation the counts of speculative decoding
     * @param states the states after the prompt and after the answer, if they were to be pinned; the receiver closes them
     */
    record Finished(FinishReason reason, SpeculationMetrics speculation, List<PinnedState> states)
            implements GenerationEvent {
        /** Copies the list. */
        public Finished {
            states = List.copyOf(states);
        }
    }

    /**
     * The end of a request that failed.
     *
     * @param cause what went wrong
     */
    record Failed(RuntimeException cause) implements GenerationEvent {
        /** Returns what went wrong, in words. */
        public String message() {
            return cause.getMessage() == null ? cause.toString() : cause.getMessage();
        }

        /** Returns whether the request is to blame. */
        public boolean invalidRequest() {
            return cause instanceof IllegalArgumentException;
        }
    }
}
