package carve.api.config;

import carve.api.CarveException;

/** Thrown when a setting is missing, has an invalid value, or is not used by anything. */
public final class SettingsException extends CarveException {
    private static final long serialVersionUID = 1L;

    /** Makes the exception; the message names file, line and key, what was found and what would do. */
    public SettingsException(String message) {
        super(message);
    }

    /** Makes the exception with what caused it. */
    public SettingsException(String message, Throwable cause) {
        super(message, cause);
    }
}
