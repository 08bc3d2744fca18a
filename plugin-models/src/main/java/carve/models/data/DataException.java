package carve.models.data;

import carve.api.CarveException;

/** Thrown when data cannot be made, written or read; the message names the file or the setting. */
public final class DataException extends CarveException {
    private static final long serialVersionUID = 1L;

    /** Makes the exception; the message says what was asked, what was found and what would do. */
    public DataException(String message) {
        super(message);
    }

    /** Makes the exception with the failure underneath. */
    public DataException(String message, Throwable cause) {
        super(message, cause);
    }
}
