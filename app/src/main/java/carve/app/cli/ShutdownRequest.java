package carve.app.cli;

import java.util.concurrent.CountDownLatch;

/**
 * The request to end this process, by Ctrl-C or SIGTERM, and the time to clean up after it.
 *
 * <p>The JVM ends when its shutdown hooks have, whatever other threads do. From {@link #install} until {@link #close} a hook
 * keeps it from ending, so that what is closed before this is closed for certain.
 */
final class ShutdownRequest implements AutoCloseable {
    private final CountDownLatch requested = new CountDownLatch(1);
    private final CountDownLatch cleanedUp = new CountDownLatch(1);

    private ShutdownRequest() {}

    /** Returns a request that is heard from now on. */
    static ShutdownRequest install() {
        ShutdownRequest request = new ShutdownRequest();
        Runtime.getRuntime().addShutdownHook(new Thread(request::delayExit, "shutdown"));
        return request;
    }

    private void delayExit() {
        requested.countDown();
        try {
            cleanedUp.await();
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
