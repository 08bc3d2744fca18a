package carve.runtime.engine;

import carve.api.CarveException;

/** Thrown when an engine refuses a request. */
public final class EngineException extends CarveException {
    private static final long serialVersionUID = 1L;

    /** The reasons for which a request is not taken. */
    public enum Reason {
        /** Too many requests wait. */
        QUEUE_FULL,
        /** The engine is closed. */
        CLOSED,
        /** The model failed while it processed the request. */
        FAILED,
        /** The model gave logits that are not finite. */
        NON_FINITE_LOGITS,
        /** The model failed, and is not open again yet. */
        UNAVAILABLE,
        /** The request has more positions than the context length. */
        CONTEXT_LENGTH_EXCEEDED
    }

    private final Reason reason;

    /** Makes the exception. */
    public EngineException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    /** Makes the exception with its cause. */
    public EngineException(Reason reason, String message, Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    /** Returns what a request is told that the engine ends before it is done. */
    static EngineException closed() {
        return new EngineException(Reason.CLOSED, "The model is closed.");
    }

    /** Returns the reason. */
    public Reason reason() {
        return reason;
    }
}
