package carve.runtime.eval.recall;

import carve.api.CarveException;

/** Thrown when a recall task does not exist, or cannot be made as asked for; the message names the task. */
public final class RecallException extends CarveException {
    private static final long serialVersionUID = 1L;

    /** Makes the exception; the message says what was asked, what was found and what would do. */
    public RecallException(String message) {
        super(message);
    }

    /** Makes the exception with what caused it. */
    public RecallException(String message, Throwable cause) {
        super(message, cause);
    }
}
