package carve.runtime.plan;

import carve.api.CarveException;

/** The failure to read a plan from keys that do not say how many layers there are, without a model that does. */
public final class MissingLayerCountException extends CarveException {
    private static final long serialVersionUID = 1L;

    MissingLayerCountException(String message) {
        super(message);
    }
}
