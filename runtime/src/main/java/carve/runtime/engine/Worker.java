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

    /** Answers until all is done for ever. */
    void run(PrefixCache cache, String fingerprint, EngineConfig config) {
        LoadedModel model = loaded.model();
        int threads = model.device().threads();
        queue.workerStarted(number);
        try (BatchScheduler scheduler = scheduler(cache, fingerprint, config)) {
            while (awaitWork(model.device(), scheduler)) {
                admit(scheduler);
                model.device().useThreads(threads / Math.max(1, queue.busyWorkers()));
                scheduler.step();
                queue.updateLoad(number, scheduler.size());
            }
        } finally {
            queue.workerStopped(number);
            buffers.set(0);
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
        for (Optional<GenerationJob> next = queue.poll(number); next.isPresent(); next = queue.poll(number)) {
            GenerationJob job = next.get();
            if (job.cancelled()) {
                metrics.cancelled.increment();
                job.end(new GenerationEvent.Finished(
                        GenerationEvent.FinishReason.CANCELLED, SpeculationMetrics.NONE, List.of()));
            } else {
                scheduler.admit(job);
            }
            queue.updateLoad(number, scheduler.size());
        }
    }

    /** Closes the model and all that was opened with it. */
    void close() {
        loaded.processor().close();
        loaded.model().close();
        loaded.resources().reversed().forEach(Worker::close);
    }

    private static void close(AutoCloseable part) {
        try {
            part.close();
        } catch (Exception e) {
            LOG.log(Level.WARNING, "closing a resource of a model failed", e);
        }
    }
}
