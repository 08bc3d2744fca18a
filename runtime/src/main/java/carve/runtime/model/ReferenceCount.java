package carve.runtime.model;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** Something that several hold, which is ended when the last of them lets go. Closing twice does nothing more. */
final class ReferenceCount implements AutoCloseable {
    private final AtomicInteger holders = new AtomicInteger();
    private final Runnable end;
    private final Runnable ownRelease;

    /** Makes a lease with one holder, the maker, who lets go by closing it. */
    ReferenceCount(Runnable end) {
        this.end = end;
        this.ownRelease = retain();
    }

    /** Returns what a further holder runs to let go; running it again does nothing. */
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
