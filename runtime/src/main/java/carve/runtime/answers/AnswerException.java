package carve.runtime.answers;

import carve.api.CarveException;

/** Thrown when prompts cannot be read, or a file cannot take their answers. */
public final class AnswerException extends CarveException {
    private static final long serialVersionUID = 1L;

    /** Makes the exception. */
    public AnswerException(String message) {
        super(message);
    }

    /** Makes the exception with its cause. */
    public AnswerException(String message, Throwable cause) {
        super(message, cause);
    }
}
