package carve.runtime.engine;

import java.lang.System.Logger.Level;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The work of one thread of an engine: answers requests with its model, and opens the model again after it failed. Until another
 * attempt to open it succeeds, the thread waits, a second at first and then longer.
 *
 * @param number the number of the worker
 * @param engine the name of the engine
 * @param loader opens the model
 * @param queue the requests
 * @param cache the prefix cache
 * @param fingerprint the digest of the model's fingerprint, which a model that is opened again must have
 * @param config the configuration of the engine
 * @param metrics the metrics of the engine
 */
record WorkerThread(
        int number,
        String engine,
        EngineModel.Loader loader,
        RequestQueue queue,
        PrefixCache cache,
        String fingerprint,
        EngineConfig config,
        EngineMetrics metrics) {
    private static final System.Logger LOG = System.getLogger("carve.runtime");
    private static final long FIRST_WAIT_MILLIS = 1000;
    private static final long MAX_WAIT_MILLIS = 30_000;

    /**
     * Answers until the queue is closed.
     *
     * @param first the open model
     * @param reopened receives each model that was opened again
     */
    void run(EngineModel first, Consumer<EngineModel> reopened) {
        Optional<EngineModel> model = Optional.of(first);
        while (model.isPresent()) {
            Optional<RuntimeException> failure = answer(model.get());
            model = failure.flatMap(this::reopen);
            model.ifPresent(reopened);
        }
    }

    private Optional<RuntimeException> answer(EngineModel model) {
        Worker worker = new Worker(number, model, queue, metrics);
        try {
            Optional<RuntimeException> failure = worker.run(cache, fingerprint, config);
            failure.ifPresent(cause -> queue.workerFailed(number, message(cause)));
            return failure;
        } finally {
            worker.close();
        }
    }

    private Optional<EngineModel> reopen(RuntimeException failure) {
        LOG.log(Level.WARNING, "the model ''{0}'' is opened again: {1}", engine, message(failure));
        long wait = 0;
        while (queue.awaitReopening(wait)) {
            try {
                EngineModel model = loader.load();
                if (Digests.of(model.fingerprint()).equals(fingerprint)) {
                    return Optional.of(model);
                }
                discard(model);
                queue.reopeningFailed(
                        number, "its files or plugins are not those that it was started with; restart the server.");
            } catch (RuntimeException | LinkageError | InternalError | OutOfMemoryError e) {
                LOG.log(Level.WARNING, "the model ''{0}'' cannot be opened: {1}", engine, e);
                queue.reopeningFailed(number, message(SequenceFailure.of(e).cause()));
            }
            wait = Math.clamp(2 * wait, FIRST_WAIT_MILLIS, MAX_WAIT_MILLIS);
        }
        return Optional.empty();
    }

    private void discard(EngineModel model) {
        new Worker(number, model, queue, metrics).close();
        model.processor().close();
    }

    private static String message(RuntimeException cause) {
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }
}
