package carve.runtime.hub;

import java.io.IOException;
import java.time.Duration;

/** Thrown when a server cannot answer now, and may later. */
final class BusyException extends IOException {
    private static final long serialVersionUID = 1L;

    private final Duration wait;

    /**
     * Makes the exception.
     *
     * @param wait how long the server asks to wait; zero where it does not say
     */
    BusyException(String message, Duration wait) {
        super(message);
        this.wait = wait;
    }

    Duration retryAfter() {
        return wait;
    }
}
