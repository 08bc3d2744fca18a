package carve.app.train;

import carve.api.CarveException;
import java.io.Serial;

/** Tells that a run cannot be shown. */
public final class WatchException extends CarveException {
    @Serial
    private static final long serialVersionUID = 1;

    /** Makes one with a message for people. */
    public WatchException(String message) {
        super(message);
    }

    /** Makes one with a message for people and a cause. */
    public WatchException(String message, Throwable cause) {
        super(message, cause);
    }
}
