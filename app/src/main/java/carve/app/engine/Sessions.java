package carve.app.engine;

import carve.api.model.Inputs;
import carve.api.model.LoadedModel;
import carve.api.model.ModelState;
import carve.api.op.Sequences;
import carve.api.tensor.Scope;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The sessions that a lane answers side by side, and what it prepares while there are none. Confined to the lane's thread. */
final class Sessions implements AutoCloseable {
    /** What requests are told that nobody answers any more. */
    static final String CLOSED = "The model is closed.";

    private static final System.Logger LOG =
            System.getLogger(Sessions.class.getModule().getName());
    private static final int REMEMBERED = 64;
    // up to so many rows a device gives each the bits that it gets alone; more of them take their step after these
    private static final int ROWS = 64;

    private final LoadedModel model;
    private final SnapshotCache cache;
    private final String identity;
    private final EngineConfig config;
    private final Figures figures;
    private final List<Session> active = new ArrayList<>();
    private final Deque<Session> filling = new ArrayDeque<>();
    private final Deque<Prompt> unremembered = new ArrayDeque<>();
    private final Figures.Part activeSessions;
    private final Figures.Part stateBytes;
    private final Figures.Part toRemember;
    private Optional<Filling> remembering = Optional.empty();

    Sessions(LoadedModel model, SnapshotCache cache, String identity, EngineConfig config, Figures figures) {
        this.model = model;
        this.cache = cache;
        this.identity = identity;
        this.config = config;
        this.figures = figures;
        this.activeSessions = new Figures.Part(figures.active);
        this.stateBytes = new Figures.Part(figures.stateBytes);
        this.toRemember = new Figures.Part(figures.remembering);
    }

    /** Returns whether there is none. */
    boolean isEmpty() {
        return active.isEmpty();
    }

    /** Returns how many there are. */
    int size() {
        return active.size();
    }

    /** Returns whether something may be prepared while there is none. */
    boolean hasIdleWork() {
        return remembering.isPresent() || !unremembered.isEmpty();
    }

    /** Lets all end at their next step. */
    void cancel() {
        active.forEach(session -> session.job().cancel());
    }

    /** Begins to answer. */
    void start(Job job) {
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
            activeSessions.set(active.size());
            figures.prompted.add(prompt.length());
            figures.cached.add(begun.cached());
            (begun.cached() > 0 ? figures.hits : figures.misses).increment();
        } catch (RuntimeException e) {
            figures.failed.increment();
            job.end(failed(e));
        }
    }

    /** Takes a piece of one prompt, a step of all that decode, and leaves those that are done; or prepares what may be said next. */
    void turn() {
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
        activeSessions.set(active.size());
        stateBytes.set(
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
            toRemember.set(unremembered.size());
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
        toRemember.set(unremembered.size() + (remembering.isPresent() ? 1 : 0));
    }

    private void forget() {
        remembering.ifPresent(Filling::close);
        remembering = Optional.empty();
    }

    private static Event.Failed failed(RuntimeException e) {
        boolean asked = e instanceof IllegalArgumentException;
        if (!asked) {
            LOG.log(Level.WARNING, "a request failed", e);
        }
        return new Event.Failed(e.getMessage() == null ? e.toString() : e.getMessage(), asked);
    }

    /** Ends all that are there. */
    @Override
    public void close() {
        for (Session session : active) {
            session.fail(CLOSED, false);
            session.close();
        }
        active.clear();
        activeSessions.set(0);
        stateBytes.set(0);
        toRemember.set(0);
        forget();
    }
}
