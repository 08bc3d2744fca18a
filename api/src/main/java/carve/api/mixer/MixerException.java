package carve.api.mixer;

import carve.api.CarveException;

/** Thrown when a mixer fails; the message names the layer, the mixer and the module that it is from. */
public final class MixerException extends CarveException {
    private static final long serialVersionUID = 1L;

    /** Makes the exception with the failure that caused it. */
    public MixerException(String message, Throwable cause) {
        super(message, cause);
    }
}
