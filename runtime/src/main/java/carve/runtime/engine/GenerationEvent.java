package carve.runtime.engine;

import java.util.List;

/** What a job tells of. */
public sealed interface GenerationEvent {
    /** Why an answer ended. */
    enum FinishReason {
        /** The model said so. */
        STOP,
        /** It has as many tokens as it may. */
        LENGTH,
        /** Nobody wants it any more. */
        CANCELLED
    }

    /**
     * The prompt has been read.
     *
     * @param cachedTokens how many of its tokens did not have to be computed
     * @param promptLogprobs of its tokens from the second on, if they were asked for
     * @param nanos when, by {@link System#nanoTime}
     */
    record PrefillDone(int cachedTokens, List<TokenLogprob> promptLogprobs, long nanos) implements GenerationEvent {}

    /**
     * A token was chosen.
     *
     * @param token the token
     * @param isStopToken whether it ends the answer, and is not part of it
     * @param logprob how probable it was, if that was asked for
     * @param stateBytes what the session takes
     * @param nanos when, by {@link System#nanoTime}
     */
    record TokenGenerated(int token, boolean isStopToken, TokenLogprob logprob, long stateBytes, long nanos)
            implements GenerationEvent {}

    /**
     * There is no more.
     *
     * @param reason why
     */
    record Finished(FinishReason reason) implements GenerationEvent {}

    /**
     * It could not be done; there is no more.
     *
     * @param message what went wrong
     * @param invalidRequest whether what was asked for is to blame
     */
    record Failed(String message, boolean invalidRequest) implements GenerationEvent {}
}
