package carve.app.engine;

import carve.api.model.Inputs;
import carve.api.model.LoadedModel;
import carve.api.model.ModelSpec;
import carve.api.model.ModelState;
import carve.api.model.Processor;
import carve.api.op.Sequences;
import carve.api.tensor.Scope;
import carve.app.engine.EngineException.Reason;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
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
    private static final int REMEMBERED = 64;
    // up to so many rows a device gives each the bits that it gets alone; more of them take their step after these
    private static final int ROWS = 64;

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

    // of the thread
    private final List<Session> active = new ArrayList<>();
    private final Deque<Session> filling = new ArrayDeque<>();
    private final Deque<Prompt> unremembered = new ArrayDeque<>();
    private Optional<Filling> remembering = Optional.empty();
    private LoadedModel model;

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
            model = own.model();
            identity = Digests.of(own.identity());
            cache = new SnapshotCache(config.memoryBytes(), folder(), saved(), figures);
            opened.complete(own);
            while (await()) {
                turn();
            }
        } finally {
            opened.completeExceptionally(new IllegalStateException("the engine did not start"));
            end(own);
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
    private boolean await() {
        figures.liveBuffers.set(model.device().workspace().liveBuffers());
        synchronized (lock) {
            while (active.isEmpty() && waiting.isEmpty() && !closing && !idleWork()) {
                try {
                    lock.wait();
                } catch (InterruptedException e) {
                    closing = true;
                }
            }
            if (dropping) {
                active.forEach(session -> session.job().cancel());
                waiting.forEach(Job::cancel);
            }
            return !closing || !active.isEmpty() || !waiting.isEmpty();
        }
    }

    private boolean idleWork() {
        return remembering.isPresent() || !unremembered.isEmpty();
    }

    private void turn() {
        admit();
        active.stream()
                .filter(session -> session.job().cancelled() && !session.ended())
                .forEach(session -> session.end(Event.Ending.CANCELLED));
        if (!filling.isEmpty()) {
            fill(filling.removeFirst());
        }
        List<Session> ready = active.stream()
                .filter(session -> session.prompted() && !session.ended())
                .toList();
        for (int from = 0; from < ready.size(); from += ROWS) {
            decode(ready.subList(from, Math.min(ready.size(), from + ROWS)));
        }
        retire();
        if (active.isEmpty()) {
            remember();
        }
    }

    private void admit() {
        while (active.size() < config.batch()) {
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
            start(job);
        }
    }

    private void start(Job job) {
        Request request = job.request();
        Prompt prompt = request.prompt();
        figures.started.increment();
        try {
            List<String> keys = request.cached() ? prompt.keys(identity, config.piece()) : List.of();
            // the last position gives the first token, and scores need all of them
            int from = request.scorePrompt() ? 0 : prompt.length() - 1;
            Filling begun =
                    new Filling(model, cache, prompt, config.piece(), Math.max(1, request.positions()), keys, from);
            Session session = new Session(job, begun, model);
            active.add(session);
            filling.add(session);
            figures.active.set(active.size());
            figures.prompted.add(prompt.length());
            figures.cached.add(begun.cached());
            (begun.cached() > 0 ? figures.hits : figures.misses).increment();
        } catch (RuntimeException e) {
            figures.failed.increment();
            job.end(failed(e));
        }
    }

    private static Event.Failed failed(RuntimeException e) {
        boolean asked = e instanceof IllegalArgumentException;
        if (!asked) {
            LOG.log(Level.WARNING, "a request failed", e);
        }
        return new Event.Failed(e.getMessage() == null ? e.toString() : e.getMessage(), asked);
    }

    private void fill(Session session) {
        long started = System.nanoTime();
        if (!session.ended()) {
            try {
                session.fill();
            } catch (RuntimeException e) {
                Event.Failed failed = failed(e);
                session.fail(failed.problem(), failed.asked());
            }
            if (!session.prompted() && !session.ended()) {
                filling.addLast(session);
            }
        }
        figures.fillNanos.add(System.nanoTime() - started);
    }

    private void decode(List<Session> ready) {
        long started = System.nanoTime();
        try {
            int[] tokens = ready.stream().mapToInt(Session::last).toArray();
            List<ModelState> states = ready.stream().map(Session::state).toList();
            Inputs inputs = new Inputs(tokens, Sequences.whole(tokens.length, 1), Map.of());
            float[] logits = Scope.run(
                            model.device(),
                            () -> List.of(model.model()
                                    .advance(model.params(), inputs, states)
                                    .floats()))
                    .getFirst();
            for (int i = 0; i < ready.size(); i++) {
                ready.get(i).choose(logits, i * model.spec().vocabulary());
            }
        } catch (RuntimeException e) {
            Event.Failed failed = failed(e);
            ready.forEach(session -> session.fail(failed.problem(), failed.asked()));
        }
        figures.steps.increment();
        figures.generated.add(ready.size());
        figures.stepNanos.add(System.nanoTime() - started);
    }

    private void retire() {
        for (Session session : List.copyOf(active)) {
            if (session.ended()) {
                active.remove(session);
                filling.remove(session);
                count(session);
                session.close();
            }
        }
        figures.active.set(active.size());
        figures.stateBytes.set(
                active.stream().mapToLong(session -> session.state().bytes()).sum());
    }

    private void count(Session session) {
        if (session.cancelled()) {
            figures.cancelled.increment();
        } else if (session.failed()) {
            figures.failed.increment();
        } else {
            figures.finished.increment();
            plan(session);
        }
    }

    // what is said next begins with all of this
    private void plan(Session session) {
        Request request = session.job().request();
        Prompt whole = session.whole();
        boolean further = whole.length() / config.piece() > request.prompt().length() / config.piece();
        if (request.cached() && request.maxTokens() > 1 && further && unremembered.size() < REMEMBERED) {
            unremembered.add(whole);
            figures.remembering.set(unremembered.size());
        }
    }

    /** Takes one piece of what may be said next, since somebody may come meanwhile. */
    private void remember() {
        try {
            if (remembering.isEmpty() && !unremembered.isEmpty()) {
                Prompt prompt = unremembered.poll();
                List<String> keys = prompt.keys(identity, config.piece());
                remembering = Optional.of(
                        new Filling(model, cache, prompt, config.piece(), prompt.length(), keys, prompt.length()));
            }
            if (remembering.isPresent()) {
                if (!remembering.get().remembered()) {
                    remembering.get().next(-1, false);
                }
                if (remembering.get().remembered()) {
                    forget();
                }
            }
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "what was said could not be prepared for what is said next", e);
            forget();
        }
        figures.remembering.set(unremembered.size() + (remembering.isPresent() ? 1 : 0));
    }

    private void forget() {
        remembering.ifPresent(Filling::close);
        remembering = Optional.empty();
    }

    private void end(Opened own) {
        synchronized (lock) {
            closing = true;
            waiting.forEach(job -> job.end(new Event.Failed("The model is closed.", false)));
            waiting.clear();
        }
        for (Session session : active) {
            session.fail("The model is closed.", false);
            session.close();
        }
        active.clear();
        figures.active.set(0);
        figures.waiting.set(0);
        forget();
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
