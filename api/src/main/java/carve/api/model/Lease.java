package carve.api.model;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** Something that several hold, which is ended when the last of them lets go. Closing twice does nothing more. */
final class Lease implements AutoCloseable {
    private final AtomicInteger holders = new AtomicInteger();
    private final Runnable end;
    private final Runnable own;

    /** Makes a lease with one holder, the maker, who lets go by closing it. */
    Lease(Runnable end) {
        this.end = end;
        this.own = more();
    }

    /** Returns what a further holder runs to let go; running it again does nothing. */
    Runnable more() {
        holders.incrementAndGet();
        AtomicBoolean held = new AtomicBoolean(true);
        return () -> {
            if (held.getAndSet(false) && holders.decrementAndGet() == 0) {
                end.run();
            }
        };
    }

    @Override
    public void close() {
        own.run();
    }
}
