package carve.app.chat;

import carve.api.CarveException;
import java.io.Serial;

/** Thrown when something in a conversation cannot be done. */
public final class ChatException extends CarveException {
    @Serial
    private static final long serialVersionUID = 1;

    /** Makes one with a message for people. */
    public ChatException(String message) {
        super(message);
    }

    /** Makes one with a message for people and a cause. */
    public ChatException(String message, Throwable cause) {
        super(message, cause);
    }
}
