package carve.app.engine;

import java.util.List;

/** What a job tells of. */
public sealed interface Event {
    /** Why an answer ended. */
    enum Ending {
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
     * @param cached how many of its tokens did not have to be computed
     * @param scores of its tokens from the second on, if they were asked for
     * @param nanos when, by {@link System#nanoTime}
     */
    record Prompted(int cached, List<Score> scores, long nanos) implements Event {}

    /**
     * A token was chosen.
     *
     * @param token the token
     * @param stop whether it ends the answer, and is not part of it
     * @param score how probable it was, if that was asked for
     * @param stateBytes what the session takes
     * @param nanos when, by {@link System#nanoTime}
     */
    record Token(int token, boolean stop, Score score, long stateBytes, long nanos) implements Event {}

    /**
     * There is no more.
     *
     * @param ending why
     */
    record Ended(Ending ending) implements Event {}

    /**
     * It could not be done; there is no more.
     *
     * @param problem what went wrong
     * @param asked whether what was asked for is to blame
     */
    record Failed(String problem, boolean asked) implements Event {}
}
