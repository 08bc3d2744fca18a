package carve.app.engine;

import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A request that an engine works on. Events wait until they are taken, so that nobody who is slow holds up others. */
public final class Job {
    private final Request request;
    private final LinkedBlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean cancelled;

    Job(Request request) {
        this.request = request;
    }

    /** Returns what was asked. */
    public Request request() {
        return request;
    }

    /** Returns the next event as soon as there is one. */
    public Event take() throws InterruptedException {
        return events.take();
    }

    /** Returns the next event, or nothing after a time. */
    public Optional<Event> take(long millis) throws InterruptedException {
        return Optional.ofNullable(events.poll(millis, TimeUnit.MILLISECONDS));
    }

    /**
     * Waits until it ended, and returns whether it did in time: who wants the answer only as a whole need not be woken for each
     * of its tokens.
     */
    public boolean awaitEnd(long millis) throws InterruptedException {
        return ended.await(millis, TimeUnit.MILLISECONDS);
    }

    /** Tells the engine that nobody wants the rest. */
    public void cancel() {
        cancelled = true;
    }

    /** Returns whether it ended, well or not. */
    public boolean over() {
        return ended.getCount() == 0;
    }

    boolean cancelled() {
        return cancelled;
    }

    void tell(Event event) {
        events.add(event);
    }

    void end(Event last) {
        if (!over()) {
            events.add(last);
            ended.countDown();
        }
    }
}
