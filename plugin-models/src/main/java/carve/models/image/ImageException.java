package carve.models.image;

/** Thrown when a picture cannot be read or prepared; the message names the picture and the reason. */
public final class ImageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Makes the exception; the message says which picture, what was found and what would do. */
    public ImageException(String message) {
        super(message);
    }

    /** Makes the exception with the failure underneath. */
    public ImageException(String message, Throwable cause) {
        super(message, cause);
    }
}
