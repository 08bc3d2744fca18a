package carve.app.serve.http;

import java.net.InetAddress;
import java.nio.channels.SocketChannel;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.IO;

/**
 * The connection of a client. It waits for a request, answers it, and waits again; while it answers it may have to wait for more
 * of the request's body. At its end it lingers a moment, so that the client can read the last response.
 */
final class ClientConnection {
    private static final long LINGER_MILLIS = 1000;

    private enum Phase {
        WAITING,
        ANSWERING,
        RECEIVING,
        LINGERING
    }

    private final SocketChannel channel;
    private final InetAddress network;
    private Optional<EndPoint> endPoint = Optional.empty();
    private Phase phase = Phase.WAITING;
    private long phaseStart = System.nanoTime();
    private boolean headerStarted;
    private long headerStart;
    private long bytesOfFormerRequests;
    private Semaphore bodyAvailable = new Semaphore(0);
    private boolean evicted;

    /**
     * Makes the connection of a channel, which waits for its first request.
     *
     * @param network the address that its limit is for
     */
    ClientConnection(SocketChannel channel, InetAddress network) {
        this.channel = channel;
        this.network = network;
    }

    InetAddress network() {
        return network;
    }

    SocketChannel channel() {
        return channel;
    }

    synchronized void attach(EndPoint opened) {
        endPoint = Optional.of(opened);
    }

    /** Begins to answer a request, and returns false if it is too late for that. */
    synchronized boolean beginRequest() {
        if (phase != Phase.WAITING) {
            return false;
        }
        enter(Phase.ANSWERING);
        return true;
    }

    /**
     * Ends a request.
     *
     * @param persistent whether another one may follow
     */
    synchronized void endRequest(boolean persistent) {
        headerStarted = false;
        bytesOfFormerRequests = received();
        enter(persistent ? Phase.WAITING : Phase.LINGERING);
    }

    private void enter(Phase next) {
        phase = next;
        phaseStart = System.nanoTime();
    }

    private long received() {
        return endPoint.map(open -> open.getConnection().getBytesIn()).orElse(0L);
    }

    /**
     * Waits, while a request is being answered, until more of its body is there.
     *
     * @param available has a permit when there is more, or there will be no more
     * @return false if there is nothing at the end of the time, or another connection needs the place of this one
     */
    boolean awaitBody(Semaphore available, long nanos) throws InterruptedException {
        startReceiving(available);
        boolean signalled = available.tryAcquire(nanos, TimeUnit.NANOSECONDS);
        return endReceiving() && signalled;
    }

    private synchronized void startReceiving(Semaphore available) {
        bodyAvailable = available;
        enter(Phase.RECEIVING);
    }

    private synchronized boolean endReceiving() {
        enter(Phase.ANSWERING);
        return !evicted;
    }

    /** Returns for how many nanoseconds the server has waited for the client; 0 while it does not. */
    synchronized long waitedNanos() {
        return phase == Phase.ANSWERING ? 0 : System.nanoTime() - phaseStart;
    }

    private static long millisSince(long start) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
    }

    /** Gives the place of this connection to another one, unless a complete request is being answered; returns whether it did. */
    synchronized boolean evict() {
        if (evicted || phase == Phase.ANSWERING) {
            return false;
        }
        evicted = true;
        if (phase == Phase.RECEIVING) {
            bodyAvailable.release();
        } else {
            expire("another connection needed its place");
        }
        return true;
    }

    /** Returns whether another connection has the place of this one. */
    synchronized boolean isEvicted() {
        return evicted;
    }

    /** Closes the connection if the client has taken too long. */
    synchronized void enforce(HttpLimits limits) {
        if (phase == Phase.LINGERING && (evicted || millisSince(phaseStart) >= LINGER_MILLIS)) {
            close();
        } else if (phase == Phase.WAITING) {
            enforceWhileWaiting(limits);
        }
    }

    private void enforceWhileWaiting(HttpLimits limits) {
        if (!headerStarted && received() > bytesOfFormerRequests) {
            headerStarted = true;
            headerStart = System.nanoTime();
        }
        if (headerStarted && millisSince(headerStart) >= limits.headerTimeoutMillis()) {
            expire("the header of the request did not arrive within %d ms".formatted(limits.headerTimeoutMillis()));
        } else if (!headerStarted && millisSince(phaseStart) >= limits.idleTimeoutMillis()) {
            expire("no request came");
        }
    }

    // a client that has sent a part of a request is told why it gets no answer, as far as that goes without waiting
    private void expire(String why) {
        boolean unanswered = phase == Phase.WAITING && received() > bytesOfFormerRequests;
        enter(Phase.LINGERING);
        if (unanswered) {
            ApiException error =
                    ApiException.requestError(408, "request_timeout", "The connection was closed: %s.", why);
            endPoint.orElseThrow().write(Callback.NOOP, RawResponse.of(error));
        }
        close();
    }

    private void close() {
        endPoint.ifPresentOrElse(EndPoint::close, () -> IO.close(channel));
    }
}
