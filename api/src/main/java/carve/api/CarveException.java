package carve.api;

/**
 * A failure that the caller can understand and put right: a wrong setting, a damaged file, a device that is not available. Its
 * message says what was asked, where, and what was found, and is written for the user; a program shows it without a stack
 * trace. Other unchecked exceptions are defects.
 */
public abstract class CarveException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Makes the exception with its message. */
    protected CarveException(String message) {
        super(message);
    }

    /** Makes the exception with its message and cause. */
    protected CarveException(String message, Throwable cause) {
        super(message, cause);
    }
}
