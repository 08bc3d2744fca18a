package carve.runtime.engine;

import carve.runtime.engine.EngineException.Reason;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Optional;

/**
 * The requests of an engine that wait, and how many sequences each of its workers has. A worker takes the next one where it has no
 * more than the others, so that they have as much to do. Safe for several threads.
 */
final class RequestQueue {
    private static final int ABSENT = -1;

    private final String name;
    private final EngineConfig config;
    private final EngineMetrics metrics;
    private final Deque<GenerationJob> jobs = new ArrayDeque<>();
    private final int[] runningPerWorker;
    private boolean closing;
    private boolean cancelling;

    /** Makes the queue of so many workers at most. */
    RequestQueue(String name, EngineConfig config, EngineMetrics engineMetrics, int workers) {
        this.name = name;
        this.config = config;
        this.metrics = engineMetrics;
        this.runningPerWorker = new int[workers];
        Arrays.fill(runningPerWorker, ABSENT);
    }

    /** Notes that a worker has started. */
    synchronized void workerStarted(int worker) {
        runningPerWorker[worker] = 0;
    }

    /** Notes that a worker has stopped. */
    synchronized void workerStopped(int worker) {
        runningPerWorker[worker] = ABSENT;
        notifyAll();
    }

    /**
     * Adds a request.
     *
     * @throws EngineException if too many wait, or the engine ends
     */
    synchronized GenerationJob add(GenerationRequest request) {
        if (closing) {
            throw new EngineException(Reason.CLOSED, "The model '%s' is being closed.".formatted(name));
        }
        if (jobs.size() >= config.maxQueueLength()) {
            metrics.rejected.increment();
            throw new EngineException(
                    Reason.QUEUE_FULL,
                    "The model '%s' has %d requests waiting already; try again later.".formatted(name, jobs.size()));
        }
        GenerationJob job = new GenerationJob(request);
        jobs.add(job);
        metrics.waiting.set(jobs.size());
        notifyAll();
        return job;
    }

    /** Returns the next request if it is the turn of this worker, which has a sequence more then, or has ended it. */
    synchronized Optional<GenerationJob> poll(int worker) {
        if (!mayTake(worker)) {
            return Optional.empty();
        }
        GenerationJob job = jobs.remove();
        metrics.waiting.set(jobs.size());
        runningPerWorker[worker]++;
        return Optional.of(job);
    }

    private boolean mayTake(int worker) {
        int all = 0;
        int least = Integer.MAX_VALUE;
        for (int count : runningPerWorker) {
            all += Math.max(0, count);
            least = count == ABSENT ? least : Math.min(least, count);
        }
        return !jobs.isEmpty() && all < config.maxBatchSize() && runningPerWorker[worker] == least;
    }

    /** Notes how many sequences a worker has. */
    synchronized void updateLoad(int worker, int count) {
        runningPerWorker[worker] = count;
        if (!jobs.isEmpty() || count == 0) {
            notifyAll();
        }
    }

    /** Returns how many workers have sequences. */
    synchronized int busyWorkers() {
        int busy = 0;
        for (int count : runningPerWorker) {
            busy += count > 0 ? 1 : 0;
        }
        return busy;
    }

    /**
     * Waits until a worker without sequences may take a request, or none has sequences and it has something to prepare; returns
     * false when all is done for ever.
     */
    synchronized boolean awaitWork(int worker, boolean prepares) {
        while (!mayTake(worker) && !(prepares && jobs.isEmpty() && busyWorkers() == 0) && !closing) {
            try {
                wait();
            } catch (InterruptedException e) {
                closing = true;
            }
        }
        return !closing || mayTake(worker);
    }

    /** Returns whether sequences are to be given up. */
    synchronized boolean isCancelling() {
        return cancelling;
    }

    /** Takes no more requests. */
    synchronized void close() {
        closing = true;
        notifyAll();
    }

    /** Has all that there are given up. */
    synchronized void cancelAll() {
        closing = true;
        cancelling = true;
        jobs.forEach(GenerationJob::cancel);
        notifyAll();
    }

    /** Takes no more requests, and ends those that wait. */
    synchronized void rejectAll() {
        closing = true;
        jobs.forEach(job -> job.end(new GenerationEvent.Failed(EngineException.closed())));
        jobs.clear();
        metrics.waiting.set(0);
        notifyAll();
    }

    /** Returns whether it takes requests. */
    synchronized boolean isOpen() {
        return !closing;
    }
}
