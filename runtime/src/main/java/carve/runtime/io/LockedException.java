package carve.runtime.io;

import carve.api.CarveException;

/** Thrown when a folder is in use by another process; the message names the folder and the process. */
public final class LockedException extends CarveException {
    private static final long serialVersionUID = 1L;

    /** Makes the exception. */
    public LockedException(String message) {
        super(message);
    }
}
