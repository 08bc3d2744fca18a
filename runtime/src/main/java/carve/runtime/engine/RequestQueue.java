package carve.runtime.engine;

import carve.runtime.engine.EngineException.Reason;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

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
    private boolean refusing;
    private Optional<EngineException> outage = Optional.empty();

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
        outage = Optional.empty();
        refusing = false;
    }

    /** Notes that the model of a worker failed and is being opened again. Requests wait for it, or are answered by other workers. */
    synchronized void workerFailed(int worker, String problem) {
        runningPerWorker[worker] = ABSENT;
        if (Arrays.stream(runningPerWorker).allMatch(count -> count == ABSENT)) {
            outage = Optional.of(new EngineException(
                    Reason.UNAVAILABLE, "The model '%s' cannot answer at present: %s".formatted(name, problem)));
        }
        notifyAll();
    }

    /**
     * Notes that the model of a worker cannot be opened again. Where no other worker has it open, those that wait fail, and
     * requests are refused until one has.
     */
    synchronized void reopeningFailed(int worker, String problem) {
        workerFailed(worker, problem);
        outage.ifPresent(this::endAll);
        refusing = outage.isPresent();
    }

    /** Returns why no worker has the model open, if it has failed in all of them. */
    synchronized Optional<String> outage() {
        return outage.map(EngineException::getMessage);
    }

    /** Waits before the model is opened again; returns whether that is still wanted. */
    synchronized boolean awaitReopening(long millis) {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        try {
            for (long left = millis; left > 0 && !closing; left = (end - System.nanoTime()) / 1_000_000) {
                wait(left);
            }
        } catch (InterruptedException e) {
            closing = true;
        }
        return !closing;
    }

    /** Notes that a worker has stopped. */
    synchronized void workerStopped(int worker) {
        runningPerWorker[worker] = ABSENT;
        notifyAll();
    }

    /**
     * Adds a request.
     *
     * @throws EngineException if too many wait, the model has failed and is not open again, or the engine ends
     */
    synchronized GenerationJob add(GenerationRequest request) {
        if (closing) {
            throw new EngineException(Reason.CLOSED, "The model '%s' is being closed.".formatted(name));
        }
        if (refusing) {
            metrics.rejected.increment();
            throw outage.orElseThrow();
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
        endAll(EngineException.closed());
        notifyAll();
    }

    private void endAll(EngineException cause) {
        jobs.forEach(job -> job.end(new GenerationEvent.Failed(cause)));
        jobs.clear();
        metrics.waiting.set(0);
    }

    /** Returns whether it takes requests. */
    synchronized boolean isOpen() {
        return !closing;
    }
}
