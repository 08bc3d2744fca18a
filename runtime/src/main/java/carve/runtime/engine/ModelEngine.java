package carve.runtime.engine;

import carve.api.model.ModelSpec;
import carve.api.text.Processor;
import carve.runtime.engine.EngineException.Reason;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * An engine with threads of its own, which answers many requests to a model at once. Requests beyond the batch wait in a
 * queue, and those beyond the queue are refused. A small model whose device uses the host's processors has several {@linkplain
 * Worker workers}, so that sessions do not wait for each other within each operation. Safe for several threads.
 */
public final class ModelEngine implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("carve.runtime");
    // weights that processors have in their caches; larger ones are better read once for all sessions
    private static final long MAX_SHARED_WEIGHT_BYTES = 64L << 20;

    private final String name;
    private final EngineConfig config;
    private final EngineModel.Loader loader;
    private final EngineMetrics metrics = new EngineMetrics();
    private final RequestQueue queue;
    private final CompletableFuture<EngineModel> loaded = new CompletableFuture<>();
    private final Thread first;
    private final List<Thread> others = new CopyOnWriteArrayList<>();

    // set before `opened` is
    private PrefixCache cache;
    private String fingerprint = "";
    private volatile EngineModel current;
    // the one before the current one: a request may still use it
    private Optional<Processor> previousProcessor = Optional.empty();

    private ModelEngine(String name, EngineConfig config, EngineModel.Loader loader) {
        this.name = name;
        this.config = config;
        this.loader = loader;
        this.queue =
                new RequestQueue(name, config, metrics, Runtime.getRuntime().availableProcessors());
        this.first = Thread.ofPlatform().name("carve-" + name).unstarted(this::run);
    }

    /**
     * Opens a model on a thread of its own, and returns when it can answer.
     *
     * @param name what it is called
     * @param loader is called by each worker, on its thread
     */
    public static ModelEngine open(String name, EngineModel.Loader loader, EngineConfig config) {
        ModelEngine engine = new ModelEngine(name, config, loader);
        engine.first.start();
        try {
            engine.loaded.join();
            return engine;
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    /** Returns what it is called. */
    public String name() {
        return name;
    }

    /** Returns how it works. */
    public EngineConfig config() {
        return config;
    }

    /** Returns the model without its weights. */
    public ModelSpec spec() {
        return current.model().spec();
    }

    /** Returns what talks to the model, from any thread. */
    public Processor processor() {
        return current.processor();
    }

    /** Returns the digest of all that its numbers depend on. */
    public String fingerprint() {
        return fingerprint;
    }

    /** Returns what it counts. */
    public EngineMetrics metrics() {
        return metrics;
    }

    /** Returns the bytes of snapshots in memory. */
    public long cacheBytes() {
        return cache.bytes();
    }

    /** Returns how many snapshots are in memory. */
    public int cacheSize() {
        return cache.size();
    }

    /** Returns the bytes of snapshots on disk. */
    public long cacheDiskBytes() {
        return cache.diskBytes();
    }

    /** Returns the bytes of what {@link #pin} keeps. */
    public long pinnedBytes() {
        return cache.pinnedBytes();
    }

    /**
     * Keeps what is remembered of the longest beginning of a prompt, until {@link #unpin}, and returns its key; nothing if
     * nothing is remembered.
     */
    public String pin(Prompt prompt) {
        requireUnchanged();
        return cache.save(PrefixKeys.of(prompt, fingerprint, config.prefillChunk()));
    }

    /** Removes what was kept. */
    public void unpin(String key) {
        cache.unpin(key);
    }

    /**
     * Makes a folder that nobody else can look into.
     *
     * @throws IOException if it cannot be made
     */
    public static void createPrivateFolder(Path folder) throws IOException {
        PrefixCacheFolder.createPrivateFolder(folder);
    }

    /** Returns whether it takes requests. */
    public boolean isRunning() {
        return first.isAlive() && queue.isOpen() && outage().isEmpty();
    }

    /** Returns why no request can be answered until the model is open again, if it has failed. */
    public Optional<String> outage() {
        return queue.outage().or(this::changeOfFiles);
    }

    /**
     * Asks for an answer.
     *
     * @throws EngineException if it is too long, too many wait, or the engine ends
     */
    public GenerationJob submit(GenerationRequest generationRequest) {
        requireUnchanged();
        if (generationRequest.positions() > config.contextLength()) {
            throw new EngineException(
                    Reason.CONTEXT_LENGTH_EXCEEDED,
                    "This model's maximum context length is %d tokens. However, you requested %d tokens (%d in the prompt, %d in the completion)."
                            .formatted(
                                    config.contextLength(),
                                    generationRequest.positions(),
                                    generationRequest.prompt().length(),
                                    generationRequest.maxTokens()));
        }
        return queue.add(generationRequest);
    }

    private void requireUnchanged() {
        changeOfFiles().ifPresent(problem -> {
            throw new EngineException(Reason.UNAVAILABLE, problem);
        });
    }

    private Optional<String> changeOfFiles() {
        return current.files()
                .change()
                .map(change ->
                        ("The files of the model '%s' were overwritten while it was served: %s. Restart the server; a new version"
                                        + " is put in place by renaming (mv), not by writing over the old one.")
                                .formatted(name, change));
    }

    private void run() {
        try {
            runFirstWorker();
        } finally {
            loaded.completeExceptionally(new IllegalStateException("the engine of '" + name + "' did not start"));
            queue.close();
            others.forEach(thread -> join(thread, 0));
            queue.rejectAll();
            if (cache != null) {
                cache.close();
            }
            if (current != null) {
                previousProcessor.ifPresent(processor -> Worker.close(processor::close));
                Worker.close(current.processor()::close);
            }
        }
    }

    private void runFirstWorker() {
        EngineModel own;
        try {
            own = loader.load();
        } catch (RuntimeException | LinkageError e) {
            loaded.completeExceptionally(e);
            return;
        }
        current = own;
        fingerprint = Digests.of(own.fingerprint());
        cache = new PrefixCache(
                config.cacheMemoryBytes(),
                prefixFolder(),
                pinnedFolder(),
                metrics,
                () -> changeOfFiles().isEmpty());
        for (int i = 1; i < workerCount(own); i++) {
            int number = i;
            others.add(Thread.ofPlatform().name("carve-" + name + "-" + i).start(() -> runExtraWorker(number)));
        }
        loaded.complete(own);
        try {
            worker(0).run(own, this::replace);
        } finally {
            queue.close();
        }
    }

    private void replace(EngineModel reopened) {
        previousProcessor.ifPresent(processor -> Worker.close(processor::close));
        previousProcessor = Optional.of(current.processor());
        current = reopened;
    }

    private WorkerThread worker(int number) {
        return new WorkerThread(number, name, loader, queue, cache, fingerprint, config, metrics);
    }

    private static int workerCount(EngineModel own) {
        boolean small = own.model().params().bytes() <= MAX_SHARED_WEIGHT_BYTES;
        int most = Runtime.getRuntime().availableProcessors();
        return small ? Math.min(most, own.model().device().threads()) : 1;
    }

    // one that does not open leaves all to the others
    private void runExtraWorker(int number) {
        try {
            worker(number).run(withoutProcessor(loader.load()), ModelEngine::withoutProcessor);
        } catch (RuntimeException | LinkageError e) {
            LOG.log(Level.WARNING, "worker " + number + " of the model '" + name + "' ended", e);
        }
    }

    private static EngineModel withoutProcessor(EngineModel model) {
        model.processor().close();
        return model;
    }

    private Optional<PrefixCacheFolder> pinnedFolder() {
        return config.cacheFolder().stream()
                .map(root -> new PrefixCacheFolder(
                        root.resolve(fingerprint).resolve("saved"), fingerprint, Long.MAX_VALUE, true))
                .findFirst();
    }

    private Optional<PrefixCacheFolder> prefixFolder() {
        return config.cacheFolder().stream()
                .filter(_ -> config.cacheDiskBytes() > 0)
                .map(root -> new PrefixCacheFolder(
                        root.resolve(fingerprint).resolve("prefixes"), fingerprint, config.cacheDiskBytes(), false))
                .findFirst();
    }

    /** Takes no more requests; those that are there have so long to be done, then they are cancelled. */
    public void close(long millis) {
        queue.close();
        join(first, millis);
        queue.cancelAll();
        join(first, 0);
    }

    private static void join(Thread thread, long millis) {
        try {
            thread.join(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Cancels all requests and closes the model. */
    @Override
    public void close() {
        close(1);
    }
}
