package carve.app.serve.http;

import java.io.IOException;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Time limits for reading from and writing to clients: a thread that takes longer is interrupted, which closes its channel. */
public final class Deadlines implements AutoCloseable {
    private final ScheduledThreadPoolExecutor timer;

    /** Starts the timer. */
    public Deadlines() {
        timer = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("carve-deadlines").factory());
        timer.setRemoveOnCancelPolicy(true);
    }

    /** An action that reads from a client or writes to it. */
    @FunctionalInterface
    public interface Action<T> {
        /** Performs the action. */
        T run() throws IOException;
    }

    /** A thread that is interrupted at its deadline unless it has finished. */
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
     * Performs an action within a time limit.
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
