package carve.app.engine;

import carve.api.model.LoadedModel;
import carve.api.model.ModelSpec;
import carve.api.model.Processor;
import carve.app.engine.EngineException.Reason;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * A model that answers many at once. One thread has the device: in turn it takes a piece of a prompt, and a step of all
 * sessions that decode. Requests beyond its batch wait, and beyond its queue are refused. When nobody waits, it prepares what a
 * conversation will go on from. Safe for several threads.
 */
public final class ModelEngine implements AutoCloseable {
    private static final System.Logger LOG =
            System.getLogger(ModelEngine.class.getModule().getName());

    private final String name;
    private final EngineConfig config;
    private final Figures figures = new Figures();
    private final CompletableFuture<Opened> opened = new CompletableFuture<>();
    private final Thread thread;

    // guarded by lock
    private final Object lock = new Object();
    private final Deque<Job> waiting = new ArrayDeque<>();
    private boolean closing;
    private boolean dropping;

    // set before `opened` is
    private SnapshotCache cache;
    private String identity = "";

    private ModelEngine(String name, EngineConfig config, Opened.Opening opening) {
        this.name = name;
        this.config = config;
        this.thread = Thread.ofPlatform().name("carve-" + name).unstarted(() -> run(opening));
    }

    /**
     * Opens a model on a thread of its own, and returns when it can answer.
     *
     * @param name what it is called
     */
    public static ModelEngine open(String name, Opened.Opening opening, EngineConfig config) {
        ModelEngine engine = new ModelEngine(name, config, opening);
        engine.thread.start();
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
        synchronized (lock) {
            return thread.isAlive() && !closing;
        }
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
        Job job = new Job(request);
        synchronized (lock) {
            if (closing || !thread.isAlive()) {
                throw new EngineException(Reason.CLOSED, "The model '%s' is being closed.".formatted(name));
            }
            if (waiting.size() >= config.queue()) {
                figures.refused.increment();
                throw new EngineException(
                        Reason.BUSY,
                        "The model '%s' has %d requests waiting already; try again later."
                                .formatted(name, waiting.size()));
            }
            waiting.add(job);
            figures.waiting.set(waiting.size());
            lock.notifyAll();
        }
        return job;
    }

    private void run(Opened.Opening opening) {
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
            opened.complete(own);
            try (Sessions sessions = new Sessions(own.model(), cache, identity, config, figures)) {
                work(own.model(), sessions);
            }
        } finally {
            opened.completeExceptionally(new IllegalStateException("the engine did not start"));
            end(own);
        }
    }

    private void work(LoadedModel model, Sessions sessions) {
        try {
            while (await(model, sessions)) {
                admit(sessions);
                sessions.turn();
            }
        } finally {
            refuse();
        }
    }

    private Optional<SnapshotFolder> saved() {
        return config.folder().stream()
                .map(root -> new SnapshotFolder(root.resolve(identity).resolve("saved"), identity, Long.MAX_VALUE))
                .findFirst();
    }

    private Optional<SnapshotFolder> folder() {
        return config.folder().stream()
                .filter(_ -> config.diskBytes() > 0)
                .map(root ->
                        new SnapshotFolder(root.resolve(identity).resolve("prefixes"), identity, config.diskBytes()))
                .findFirst();
    }

    /** Waits until there is something to do; returns false when all is done for ever. */
    private boolean await(LoadedModel model, Sessions sessions) {
        figures.liveBuffers.set(model.device().workspace().liveBuffers());
        synchronized (lock) {
            while (sessions.isEmpty() && waiting.isEmpty() && !closing && !sessions.hasIdleWork()) {
                try {
                    lock.wait();
                } catch (InterruptedException e) {
                    closing = true;
                }
            }
            if (dropping) {
                sessions.cancel();
                waiting.forEach(Job::cancel);
            }
            return !closing || !sessions.isEmpty() || !waiting.isEmpty();
        }
    }

    private void admit(Sessions sessions) {
        while (!sessions.isFull()) {
            Job job;
            synchronized (lock) {
                job = waiting.poll();
                figures.waiting.set(waiting.size());
            }
            if (job == null) {
                return;
            }
            if (job.cancelled()) {
                figures.cancelled.increment();
                job.end(new Event.Ended(Event.Ending.CANCELLED));
                continue;
            }
            sessions.start(job);
        }
    }

    private void refuse() {
        synchronized (lock) {
            closing = true;
            waiting.forEach(job -> job.end(new Event.Failed(Sessions.CLOSED, false)));
            waiting.clear();
            figures.waiting.set(0);
        }
    }

    private void end(Opened own) {
        refuse();
        if (cache != null) {
            cache.close();
        }
        own.processor().close();
        own.model().close();
        own.closing().reversed().forEach(this::close);
    }

    private void close(AutoCloseable part) {
        try {
            part.close();
        } catch (Exception e) {
            LOG.log(Level.WARNING, "a part of the model '" + name + "' does not close", e);
        }
    }

    /** Takes no more requests; those that are there have so long to be done, then they are cancelled. */
    public void close(long millis) {
        synchronized (lock) {
            closing = true;
            lock.notifyAll();
        }
        join(millis);
        synchronized (lock) {
            dropping = true;
            lock.notifyAll();
        }
        join(0);
    }

    private void join(long millis) {
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
