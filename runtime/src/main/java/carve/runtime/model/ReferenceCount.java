package carve.runtime.model;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** A count of the holders of a resource, which is released with the last of them. Closing twice does nothing more. */
final class ReferenceCount implements AutoCloseable {
    private final AtomicInteger holders = new AtomicInteger();
    private final Runnable end;
    private final Runnable ownRelease;

    /** Makes a count of one holder, the maker, which releases the resource by closing this. */
    ReferenceCount(Runnable end) {
        this.end = end;
        this.ownRelease = retain();
    }

    /** Adds a holder, and returns the action by which it releases the resource; a second call of the action does nothing. */
    Runnable retain() {
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
        ownRelease.run();
    }
}
