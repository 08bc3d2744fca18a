package carve.api.tensor;

import carve.api.CarveException;

/** Thrown when the shapes or types of operands do not fit an operation. */
public final class ShapeException extends CarveException {
    private static final long serialVersionUID = 1L;

    /** Makes the exception; the message names the operation, what was found and what would do. */
    public ShapeException(String message) {
        super(message);
    }
}
