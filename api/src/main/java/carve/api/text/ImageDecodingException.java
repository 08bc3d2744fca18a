package carve.api.text;

import carve.api.CarveException;

/**
 * Thrown when an image cannot be decoded: its data is broken, truncated, of an unsupported format, or larger than allowed. A
 * {@link Processor} throws it for an image of a message; the message names the image and the reason.
 */
public final class ImageDecodingException extends CarveException {
    private static final long serialVersionUID = 1L;

    /** Makes the exception; the message names the image, what was found and what would do. */
    public ImageDecodingException(String message) {
        super(message);
    }

    /** Makes the exception with the failure underneath. */
    public ImageDecodingException(String message, Throwable cause) {
        super(message, cause);
    }
}
