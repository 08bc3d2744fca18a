package carve.api.device;

import carve.api.CarveException;

/** Thrown when a device is not available, is out of memory, or lacks what was asked for. */
public final class DeviceException extends CarveException {
    private static final long serialVersionUID = 1L;

    /** Makes the exception; the message says what was asked, what was found and what would do. */
    public DeviceException(String message) {
        super(message);
    }

    /** Makes the exception with the failure that caused it. */
    public DeviceException(String message, Throwable cause) {
        super(message, cause);
    }
}
