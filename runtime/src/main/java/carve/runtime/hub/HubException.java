package carve.runtime.hub;

import carve.api.CarveException;

/** Thrown when something cannot be pulled from the hub, or is not in its cache; the message says what would help. */
public final class HubException extends CarveException {
    private static final long serialVersionUID = 1L;

    /** Makes the exception. */
    public HubException(String message) {
        super(message);
    }

    /** Makes the exception with its cause. */
    public HubException(String message, Throwable cause) {
        super(message, cause);
    }
}
