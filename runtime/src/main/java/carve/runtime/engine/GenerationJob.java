package carve.runtime.engine;

import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A request that an engine has taken, and the queue of its events: a slow reader holds up no other request. Safe for several threads. */
public final class GenerationJob {
    private final GenerationRequest request;
    private final LinkedBlockingQueue<GenerationEvent> events = new LinkedBlockingQueue<>();
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean cancelled;

    GenerationJob(GenerationRequest request) {
        this.request = request;
    }

    /** Returns the request. */
    public GenerationRequest request() {
        return request;
    }

    /** Returns the next event as soon as there is one. */
    public GenerationEvent take() throws InterruptedException {
        return events.take();
    }

    /** Returns the next event, or nothing after a time. */
    public Optional<GenerationEvent> take(long millis) throws InterruptedException {
        return Optional.ofNullable(events.poll(millis, TimeUnit.MILLISECONDS));
    }

    /**
     * Waits until it ended, and returns whether it did in time: who wants the answer only as a whole need not be woken for each
     * of its tokens.
     */
    public boolean awaitEnd(long millis) throws InterruptedException {
        return ended.await(millis, TimeUnit.MILLISECONDS);
    }

    /** Ends the answer at the next step. */
    public void cancel() {
        cancelled = true;
    }

    /** Returns whether it ended, well or not. */
    public boolean isDone() {
        return ended.getCount() == 0;
    }

    /** Returns the next event if there is one already. */
    Optional<GenerationEvent> poll() {
        return Optional.ofNullable(events.poll());
    }

    boolean cancelled() {
        return cancelled;
    }

    void emit(GenerationEvent event) {
        events.add(event);
    }

    void end(GenerationEvent last) {
        if (!isDone()) {
            events.add(last);
            ended.countDown();
        }
    }
}
