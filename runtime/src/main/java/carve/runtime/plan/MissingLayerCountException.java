package carve.runtime.plan;

import carve.api.CarveException;

/** Thrown when the layer pattern of a plan needs the number of layers, and neither the plan nor a model gives it. */
public final class MissingLayerCountException extends CarveException {
    private static final long serialVersionUID = 1L;

    MissingLayerCountException(String message) {
        super(message);
    }
}
