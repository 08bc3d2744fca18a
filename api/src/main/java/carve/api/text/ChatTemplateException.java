package carve.api.text;

import carve.api.CarveException;

/**
 * Thrown when a conversation cannot become a prompt: the model has no chat template, or its template refuses the messages. Where
 * the template itself raises the error, the message is the template's.
 */
public final class ChatTemplateException extends CarveException {
    private static final long serialVersionUID = 1L;

    /** Makes the exception; the message says what was found and what would help. */
    public ChatTemplateException(String message) {
        super(message);
    }

    /** Makes the exception with the failure underneath. */
    public ChatTemplateException(String message, Throwable cause) {
        super(message, cause);
    }
}
