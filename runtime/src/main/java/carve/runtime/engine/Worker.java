package carve.runtime.engine;

import carve.api.device.Device;
import carve.api.model.LoadedModel;
import java.lang.System.Logger.Level;
import java.util.Optional;

/**
 * A model on a device of its own, and the one thread that uses them: in turn it takes a piece of a prompt, and a step of all its
 * sessions that decode. When no lane has any, it prepares what a conversation will go on from. While other lanes work, its device
 * uses its share of the processors, and all of them when it is alone.
 */
final class Worker {
    private static final System.Logger LOG = System.getLogger("carve.runtime");

    private final int number;
    private final EngineModel loaded;
    private final RequestQueue queue;
    private final EngineMetrics metrics;
    private final EngineMetrics.WorkerGauge buffers;

    /** Makes the lane of a number; on its thread. */
    Worker(int number, EngineModel engineModel, RequestQueue requestQueue, EngineMetrics engineMetrics) {
        this.number = number;
        this.loaded = engineModel;
        this.queue = requestQueue;
        this.metrics = engineMetrics;
        this.buffers = new EngineMetrics.WorkerGauge(engineMetrics.liveBuffers);
    }

    /** Answers until all is done for ever. */
    void run(PrefixCache cache, String identity, EngineConfig config) {
        LoadedModel model = loaded.model();
        int threads = model.device().threads();
        queue.workerStarted(number);
        try (BatchScheduler batchScheduler = new BatchScheduler(model, cache, identity, config, metrics)) {
            while (awaitWork(model.device(), batchScheduler)) {
                admit(batchScheduler);
                model.device().useThreads(threads / Math.max(1, queue.busyWorkers()));
                batchScheduler.step();
                queue.updateLoad(number, batchScheduler.size());
            }
        } finally {
            queue.workerStopped(number);
            buffers.set(0);
        }
    }

    private boolean awaitWork(Device device, BatchScheduler batchScheduler) {
        buffers.set(device.context().scopes().liveBuffers());
        boolean goes = !batchScheduler.isEmpty() || queue.awaitWork(number, batchScheduler.hasIdleWork());
        if (queue.isCancelling()) {
            batchScheduler.cancelAll();
        }
        return goes;
    }

    private void admit(BatchScheduler batchScheduler) {
        for (Optional<GenerationJob> next = queue.poll(number); next.isPresent(); next = queue.poll(number)) {
            GenerationJob generationJob = next.get();
            if (generationJob.cancelled()) {
                metrics.cancelled.increment();
                generationJob.end(new GenerationEvent.Finished(GenerationEvent.FinishReason.CANCELLED));
            } else {
                batchScheduler.admit(generationJob);
            }
            queue.updateLoad(number, batchScheduler.size());
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
            LOG.log(Level.WARNING, "a part of a model does not close", e);
        }
    }
}
