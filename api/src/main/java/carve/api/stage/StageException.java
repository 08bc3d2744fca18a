package carve.api.stage;

import carve.api.CarveException;

/** Thrown when a stage cannot begin or go on. */
public final class StageException extends CarveException {
    private static final long serialVersionUID = 1L;

    /** Makes the exception; the message says what was asked, where, what was found and what would do. */
    public StageException(String message) {
        super(message);
    }

    /** Makes the exception with the failure that caused it. */
    public StageException(String message, Throwable cause) {
        super(message, cause);
    }
}
