package carve.app.serve.http;

import java.io.IOException;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Ends what takes too long on the channel of a client: the thread is interrupted, and the channel closed by that. */
public final class Deadlines implements AutoCloseable {
    private final ScheduledThreadPoolExecutor timer;

    /** Starts the clock. */
    public Deadlines() {
        timer = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("carve-deadlines").factory());
        timer.setRemoveOnCancelPolicy(true);
    }

    /** Something that reads from a client or writes to it. */
    @FunctionalInterface
    public interface Action<T> {
        /** Does it. */
        T run() throws IOException;
    }

    /** A thread that may be interrupted, until it is done. */
    private static final class Interrupter {
        private final Thread thread = Thread.currentThread();
        private boolean done;

        synchronized void expire() {
            if (!done) {
                thread.interrupt();
            }
        }

        synchronized void done() {
            done = true;
        }
    }

    /**
     * Does something that may take so long.
     *
     * @throws IOException if it fails, or takes longer
     */
    public <T> T within(long millis, Action<T> action) throws IOException {
        Interrupter interrupter = new Interrupter();
        Future<?> expiry = timer.schedule(interrupter::expire, millis, TimeUnit.MILLISECONDS);
        try {
            return action.run();
        } finally {
            interrupter.done();
            expiry.cancel(false);
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
