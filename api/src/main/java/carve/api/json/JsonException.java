package carve.api.json;

import carve.api.CarveException;

/** Thrown when a text is not JSON, or when a JSON value is not what was asked for. */
public final class JsonException extends CarveException {
    private static final long serialVersionUID = 1L;

    /** Makes the exception; the message names the origin, the place, what was found and what would do. */
    public JsonException(String message) {
        super(message);
    }

    /** Makes the exception with what caused it. */
    public JsonException(String message, Throwable cause) {
        super(message, cause);
    }
}
