package carve.app.engine;

import carve.api.model.ModelSpec;
import carve.api.model.Processor;
import carve.app.engine.EngineException.Reason;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A model that answers many at once. Requests beyond its batch wait, and beyond its queue are refused. A small model whose device
 * shares the host's processors has several {@linkplain Lane lanes}: sessions side by side need not wait for each other within
 * each operation. Safe for several threads.
 */
public final class ModelEngine implements AutoCloseable {
    private static final System.Logger LOG =
            System.getLogger(ModelEngine.class.getModule().getName());
    // weights that processors have in their caches; larger ones are better read once for all sessions
    private static final long SMALL = 64L << 20;

    private final String name;
    private final EngineConfig config;
    private final Opened.Opening opening;
    private final Figures figures = new Figures();
    private final Waiting waiting;
    private final CompletableFuture<Opened> opened = new CompletableFuture<>();
    private final Thread first;
    private final List<Thread> others = new CopyOnWriteArrayList<>();

    // set before `opened` is
    private SnapshotCache cache;
    private String identity = "";

    private ModelEngine(String name, EngineConfig config, Opened.Opening opening) {
        this.name = name;
        this.config = config;
        this.opening = opening;
        this.waiting = new Waiting(name, config, figures, Runtime.getRuntime().availableProcessors());
        this.first = Thread.ofPlatform().name("carve-" + name).unstarted(this::run);
    }

    /**
     * Opens a model on a thread of its own, and returns when it can answer.
     *
     * @param name what it is called
     * @param opening is called by each lane, on its thread
     */
    public static ModelEngine open(String name, Opened.Opening opening, EngineConfig config) {
        ModelEngine engine = new ModelEngine(name, config, opening);
        engine.first.start();
        try {
            engine.opened.join();
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
        return opened.join().model().spec();
    }

    /** Returns what talks to the model, from any thread. */
    public Processor processor() {
        return opened.join().processor();
    }

    /** Returns the digest of all that its numbers depend on. */
    public String identity() {
        return identity;
    }

    /** Returns what it counts. */
    public Figures figures() {
        return figures;
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

    /** Returns the bytes of what {@link #keep} keeps. */
    public long savedBytes() {
        return cache.savedBytes();
    }

    /**
     * Keeps what is remembered of the longest beginning of a prompt, until {@link #unpin}, and returns its key; nothing if
     * nothing is remembered.
     */
    public String keep(Prompt prompt) {
        return cache.keep(prompt.keys(identity, config.piece()));
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
    public static void makePrivate(Path folder) throws IOException {
        SnapshotFolder.makePrivate(folder);
    }

    /** Returns whether it takes requests. */
    public boolean alive() {
        return first.isAlive() && waiting.isOpen();
    }

    /**
     * Asks for an answer.
     *
     * @throws EngineException if it is too long, too many wait, or the engine ends
     */
    public Job submit(Request request) {
        if (request.positions() > config.positions()) {
            throw new EngineException(
                    Reason.TOO_LONG,
                    "This model's maximum context length is %d tokens. However, you requested %d tokens (%d in the prompt, %d in the completion)."
                            .formatted(
                                    config.positions(),
                                    request.positions(),
                                    request.prompt().length(),
                                    request.maxTokens()));
        }
        return waiting.add(request);
    }

    private void run() {
        Opened own;
        try {
            own = opening.open();
        } catch (RuntimeException | LinkageError e) {
            opened.completeExceptionally(e);
            return;
        }
        try {
            identity = Digests.of(own.identity());
            cache = new SnapshotCache(config.memoryBytes(), folder(), saved(), figures);
            for (int i = 1; i < lanes(own); i++) {
                int number = i;
                others.add(Thread.ofPlatform().name("carve-" + name + "-" + i).start(() -> further(number)));
            }
            opened.complete(own);
            work(0, own);
        } finally {
            opened.completeExceptionally(new IllegalStateException("the engine did not start"));
            waiting.close();
            others.forEach(thread -> join(thread, 0));
            waiting.refuse();
            if (cache != null) {
                cache.close();
            }
        }
    }

    private static int lanes(Opened own) {
        boolean small = own.model().params().bytes() <= SMALL;
        int most = Runtime.getRuntime().availableProcessors();
        return small ? Math.min(most, own.model().device().threads()) : 1;
    }

    // one that does not open leaves all to the others
    private void further(int number) {
        try {
            work(number, opening.open());
        } catch (RuntimeException | LinkageError e) {
            LOG.log(Level.WARNING, "a lane of the model '" + name + "' ended", e);
        }
    }

    private void work(int number, Opened own) {
        Lane lane = new Lane(number, own, waiting, figures);
        try {
            lane.work(cache, identity, config);
        } finally {
            waiting.close();
            lane.close();
        }
    }

    private Optional<SnapshotFolder> saved() {
        return config.folder().stream()
                .map(root ->
                        new SnapshotFolder(root.resolve(identity).resolve("saved"), identity, Long.MAX_VALUE, true))
                .findFirst();
    }

    private Optional<SnapshotFolder> folder() {
        return config.folder().stream()
                .filter(_ -> config.diskBytes() > 0)
                .map(root -> new SnapshotFolder(
                        root.resolve(identity).resolve("prefixes"), identity, config.diskBytes(), false))
                .findFirst();
    }

    /** Takes no more requests; those that are there have so long to be done, then they are cancelled. */
    public void close(long millis) {
        waiting.close();
        join(first, millis);
        waiting.drop();
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
