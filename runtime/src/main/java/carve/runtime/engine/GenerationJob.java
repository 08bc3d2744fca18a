package carve.runtime.engine;

import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A request that an engine works on. Events wait until they are taken, so that nobody who is slow holds up others. */
public final class GenerationJob {
    private final GenerationRequest generationRequest;
    private final LinkedBlockingQueue<GenerationEvent> events = new LinkedBlockingQueue<>();
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean cancelled;

    GenerationJob(GenerationRequest generationRequest) {
        this.generationRequest = generationRequest;
    }

    /** Returns what was asked. */
    public GenerationRequest request() {
        return generationRequest;
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

    /** Tells the engine that nobody wants the rest. */
    public void cancel() {
        cancelled = true;
    }

    /** Returns whether it ended, well or not. */
    public boolean isDone() {
        return ended.getCount() == 0;
    }

    boolean cancelled() {
        return cancelled;
    }

    void emit(GenerationEvent generationEvent) {
        events.add(generationEvent);
    }

    void end(GenerationEvent last) {
        if (!isDone()) {
            events.add(last);
            ended.countDown();
        }
    }
}
