package carve.api.stage;

import carve.api.CarveException;

/** An error because of which a stage cannot start or continue. */
public final class StageException extends CarveException {
    private static final long serialVersionUID = 1L;

    /** Makes the exception; the message has what was asked, where, what was found and what would help. */
    public StageException(String message) {
        super(message);
    }

    /** Makes the exception with the failure that caused it. */
    public StageException(String message, Throwable cause) {
        super(message, cause);
    }
}
