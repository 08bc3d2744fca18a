package carve.models.text;

import carve.api.CarveException;

/** Thrown when a tokenizer cannot be opened or a text does not fit its template; the message names the file or the text. */
public final class TextException extends CarveException {
    private static final long serialVersionUID = 1L;

    /** Makes the exception; the message says what was asked, what was found and what would do. */
    public TextException(String message) {
        super(message);
    }

    /** Makes the exception with the failure underneath. */
    public TextException(String message, Throwable cause) {
        super(message, cause);
    }
}
