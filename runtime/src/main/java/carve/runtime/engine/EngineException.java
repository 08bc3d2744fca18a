package carve.runtime.engine;

import carve.api.CarveException;

/** Thrown when an engine does not take a request. */
public final class EngineException extends CarveException {
    private static final long serialVersionUID = 1L;

    /** Why. */
    public enum Reason {
        /** There are too many requests. */
        QUEUE_FULL,
        /** The engine ends, or has failed. */
        CLOSED,
        /** The request is longer than sessions may be. */
        CONTEXT_LENGTH_EXCEEDED
    }

    private final Reason reason;

    /** Makes the exception. */
    public EngineException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    /** Returns why. */
    public Reason reason() {
        return reason;
    }
}
