package carve.models.image;

import carve.api.CarveException;

/** Thrown when an image cannot be read or preprocessed; the message names the image and the reason. */
public final class ImageException extends CarveException {
    private static final long serialVersionUID = 1L;

    /** Makes the exception; the message names the image, what was found and what would do. */
    public ImageException(String message) {
        super(message);
    }

    /** Makes the exception with the failure underneath. */
    public ImageException(String message, Throwable cause) {
        super(message, cause);
    }
}
