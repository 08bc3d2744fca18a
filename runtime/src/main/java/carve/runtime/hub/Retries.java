package carve.runtime.hub;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.ConnectException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.Objects;
import java.util.stream.Stream;

/** The repetition of requests that fail for a reason that may pass. Confined to one thread. */
final class Retries {
    private static final System.Logger LOG = System.getLogger("carve.runtime");
    private static final int MAX_FAILURES = 5;
    private static final Duration MAX_WAIT = Duration.ofMinutes(10);
    private static final Duration MAX_BACKOFF = Duration.ofSeconds(16);

    private final Pause pause;
    private int failures;

    /** A wait; tests do not. */
    @FunctionalInterface
    interface Pause {
        void sleep(Duration time) throws InterruptedException;
    }

    Retries(Pause pause) {
        this.pause = pause;
    }

    /** Forgets earlier failures. */
    void progressed() {
        failures = 0;
    }

    /**
     * Waits before the next request: as long as the server asks, or longer after each failure.
     *
     * @param what what was asked for
     * @throws HubException if it has failed too often, or the server asks to wait for too long
     */
    void failed(String what, IOException e) throws InterruptedException {
        failures++;
        Duration asked = e instanceof BusyException busy ? busy.retryAfter() : Duration.ZERO;
        if (asked.compareTo(MAX_WAIT) > 0) {
            throw new HubException(
                    "%s: %s, and asks to wait for %d s; the same command continues where it stopped"
                            .formatted(what, e.getMessage(), asked.toSeconds()),
                    e);
        }
        if (failures > MAX_FAILURES) {
            throw new HubException(
                    "%s: failed %d times, last with: %s; the same command continues where it stopped"
                            .formatted(what, failures, reason(e)),
                    e);
        }
        Duration wait = asked.isZero() ? backoff() : asked;
        LOG.log(Level.INFO, "{0}: {1}; trying again in {2} s", what, reason(e), wait.toSeconds());
        pause.sleep(wait);
    }

    private Duration backoff() {
        Duration wait = Duration.ofSeconds(1L << (failures - 1));
        return wait.compareTo(MAX_BACKOFF) > 0 ? MAX_BACKOFF : wait;
    }

    /** Returns what an exception says, or its kind where it says nothing. */
    static String reason(IOException e) {
        if (e instanceof ConnectException && e.getMessage() == null) {
            boolean unknown = Stream.<Throwable>iterate(e, Objects::nonNull, Throwable::getCause)
                    .anyMatch(UnresolvedAddressException.class::isInstance);
            return unknown ? "no host of this name" : "no connection";
        }
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }
}
