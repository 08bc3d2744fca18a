package carve.api.param;

import carve.api.CarveException;

/** Thrown when a parameter is asked for that is not there, or given that does not fit. */
public final class ParamException extends CarveException {
    private static final long serialVersionUID = 1L;

    /** Makes the exception; the message names the parameter, what was found and what would do. */
    public ParamException(String message) {
        super(message);
    }
}
