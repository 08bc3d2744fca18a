package carve.app.cli;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The request to end this process, by Ctrl-C or SIGTERM, and the time to clean up after it.
 *
 * <p>The JVM ends when its shutdown hooks have, whatever other threads do. From {@link #install} until {@link #close} a hook
 * keeps it from ending, so that what is closed before this is closed for certain; but no longer than a limit, since code of
 * a plugin may never return.
 */
final class ShutdownRequest implements AutoCloseable {
    private final CountDownLatch requested = new CountDownLatch(1);
    private final CountDownLatch cleanedUp = new CountDownLatch(1);
    private final List<Runnable> lastActions = new CopyOnWriteArrayList<>();
    private final Duration limit;
    private final Consumer<String> messages;

    ShutdownRequest(Duration limit, Consumer<String> messages) {
        this.limit = limit;
        this.messages = messages;
    }

    /**
     * Returns a request that is heard from now on.
     *
     * @param limit how long the process may take to end after it
     * @param messages receives a line if that was not enough
     */
    static ShutdownRequest install(Duration limit, Consumer<String> messages) {
        ShutdownRequest request = new ShutdownRequest(limit, messages);
        Runtime.getRuntime().addShutdownHook(new Thread(request::delayExit, "shutdown"));
        return request;
    }

    /** Adds what is done if the process ends without having been cleaned up; it must not wait for other threads. */
    void onTimeout(Runnable action) {
        lastActions.add(action);
    }

    /** Waits until all is cleaned up, or the limit is over. */
    void delayExit() {
        requested.countDown();
        try {
            if (!cleanedUp.await(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                messages.accept("carve: work in progress did not end within %d s; the process ends without it"
                        .formatted(limit.toSeconds()));
                lastActions.forEach(Runnable::run);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Waits until the process is asked to end.
     *
     * @throws InterruptedException if the thread is interrupted
     */
    void await() throws InterruptedException {
        requested.await();
    }

    /** Lets the process end. */
    @Override
    public void close() {
        cleanedUp.countDown();
    }
}
