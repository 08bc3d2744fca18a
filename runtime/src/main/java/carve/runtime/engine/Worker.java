package carve.runtime.engine;

import carve.api.device.Device;
import carve.api.model.LoadedModel;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Optional;

/**
 * A model on a device of its own, and the one thread that uses them: in turn it takes a piece of a prompt, and a step of all its
 * sequences that decode. When no worker has any, it prepares prefixes for the next turns of conversations. While other workers are busy, its device
 * uses its share of the processors, and all of them when it is alone.
 */
final class Worker {
    private static final System.Logger LOG = System.getLogger("carve.runtime");

    private final int number;
    private final EngineModel loaded;
    private final RequestQueue queue;
    private final EngineMetrics metrics;
    private final EngineMetrics.WorkerGauge buffers;

    /** Makes the worker of a number; on its thread. */
    Worker(int number, EngineModel engineModel, RequestQueue requestQueue, EngineMetrics engineMetrics) {
        this.number = number;
        this.loaded = engineModel;
        this.queue = requestQueue;
        this.metrics = engineMetrics;
        this.buffers = new EngineMetrics.WorkerGauge(engineMetrics.liveBuffers);
    }

    /** Answers until all is done for ever, or the model has to be opened again: then returns why. */
    Optional<RuntimeException> run(PrefixCache cache, String fingerprint, EngineConfig config) {
        queue.workerStarted(number);
        try (BatchScheduler scheduler = scheduler(cache, fingerprint, config)) {
            try {
                answer(scheduler);
            } catch (Throwable e) {
                // not from a sequence, so nothing is known of the state of the model
                LOG.log(Level.ERROR, "the model failed, and is opened again", e);
                scheduler.abort(SequenceFailure.of(e).cause());
                return Optional.of(SequenceFailure.of(e).cause());
            }
            scheduler.unusable().ifPresent(scheduler::abort);
            return scheduler.unusable();
        } finally {
            queue.workerStopped(number);
            buffers.set(0);
        }
    }

    private void answer(BatchScheduler scheduler) {
        LoadedModel model = loaded.model();
        int threads = model.device().threads();
        while (scheduler.unusable().isEmpty() && awaitWork(model.device(), scheduler)) {
            admit(scheduler);
            if (scheduler.unusable().isPresent()) {
                return;
            }
            model.device().useThreads(threads / Math.max(1, queue.busyWorkers()));
            scheduler.step();
            queue.updateLoad(number, scheduler.size());
        }
    }

    private BatchScheduler scheduler(PrefixCache cache, String fingerprint, EngineConfig config) {
        return new BatchScheduler(
                loaded.model(),
                loaded.drafts(),
                cache,
                fingerprint,
                config.prefillChunk(),
                SchedulingPolicy.INTERACTIVE,
                metrics);
    }

    private boolean awaitWork(Device device, BatchScheduler scheduler) {
        buffers.set(device.context().scopes().liveBuffers());
        boolean goes = !scheduler.isEmpty() || queue.awaitWork(number, scheduler.hasIdleWork());
        if (queue.isCancelling()) {
            scheduler.cancelAll();
        }
        return goes;
    }

    private void admit(BatchScheduler scheduler) {
        Optional<GenerationJob> next = next(scheduler);
        while (next.isPresent()) {
            GenerationJob job = next.get();
            if (job.cancelled()) {
                metrics.cancelled.increment();
                job.end(new GenerationEvent.Finished(
                        GenerationEvent.FinishReason.CANCELLED, SpeculationMetrics.NONE, List.of()));
            } else {
                scheduler.admit(job);
            }
            queue.updateLoad(number, scheduler.size());
            next = next(scheduler);
        }
    }

    private Optional<GenerationJob> next(BatchScheduler scheduler) {
        return scheduler.unusable().isEmpty() ? queue.poll(number) : Optional.empty();
    }

    /** Closes the model and all that was opened with it, but its processor, which other threads may still use. */
    void close() {
        close(loaded.model()::close);
        loaded.resources().reversed().forEach(Worker::close);
    }

    static void close(AutoCloseable part) {
        try {
            part.close();
        } catch (Exception | LinkageError | InternalError e) {
            LOG.log(Level.WARNING, "closing a resource of a model failed", e);
        }
    }
}
