package carve.runtime.engine;

import carve.api.model.LoadedModel;
import carve.api.model.ModelInputs;
import carve.api.model.ModelState;
import carve.api.op.SequenceLayout;
import carve.api.tensor.Scope;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The sessions that a lane answers side by side, and what it prepares while there are none. Confined to the lane's thread. */
final class BatchScheduler implements AutoCloseable {
    /** What requests are told that nobody answers any more. */
    static final String CLOSED_MESSAGE = "The model is closed.";

    private static final System.Logger LOG = System.getLogger("carve.runtime");
    private static final int MAX_IDLE_PREFILLS = 64;
    // up to so many rows a device gives each the bits that it gets alone; more of them take their step after these
    private static final int MAX_ROWS = 64;

    private final LoadedModel model;
    private final PrefixCache cache;
    private final String identity;
    private final EngineConfig config;
    private final EngineMetrics metrics;
    private final List<RunningSequence> active = new ArrayList<>();
    private final Deque<RunningSequence> prefilling = new ArrayDeque<>();
    private final Deque<Prompt> idlePrompts = new ArrayDeque<>();
    private final EngineMetrics.WorkerGauge activeSessions;
    private final EngineMetrics.WorkerGauge stateBytes;
    private final EngineMetrics.WorkerGauge pendingPrefixes;
    private Optional<Prefill> idlePrefill = Optional.empty();

    BatchScheduler(
            LoadedModel model, PrefixCache cache, String identity, EngineConfig config, EngineMetrics engineMetrics) {
        this.model = model;
        this.cache = cache;
        this.identity = identity;
        this.config = config;
        this.metrics = engineMetrics;
        this.activeSessions = new EngineMetrics.WorkerGauge(engineMetrics.active);
        this.stateBytes = new EngineMetrics.WorkerGauge(engineMetrics.stateBytes);
        this.pendingPrefixes = new EngineMetrics.WorkerGauge(engineMetrics.pendingPrefixes);
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
        return idlePrefill.isPresent() || !idlePrompts.isEmpty();
    }

    /** Lets all end at their next step. */
    void cancelAll() {
        active.forEach(runningSequence -> runningSequence.job().cancel());
    }

    /** Begins to answer. */
    void admit(GenerationJob generationJob) {
        GenerationRequest generationRequest = generationJob.request();
        Prompt prompt = generationRequest.prompt();
        metrics.started.increment();
        try {
            List<String> keys =
                    generationRequest.usePrefixCache() ? prompt.prefixKeys(identity, config.prefillChunk()) : List.of();
            // the last position gives the first token, and scores need all of them
            int from = generationRequest.promptLogprobs() ? 0 : prompt.length() - 1;
            Prefill begun = new Prefill(
                    model,
                    cache,
                    prompt,
                    config.prefillChunk(),
                    Math.max(1, generationRequest.positions()),
                    keys,
                    from);
            RunningSequence runningSequence = new RunningSequence(generationJob, begun, model);
            active.add(runningSequence);
            prefilling.add(runningSequence);
            activeSessions.set(active.size());
            metrics.promptTokens.add(prompt.length());
            metrics.cachedPromptTokens.add(begun.cachedPositions());
            (begun.cachedPositions() > 0 ? metrics.cacheHits : metrics.cacheMisses).increment();
        } catch (RuntimeException e) {
            metrics.failed.increment();
            generationJob.end(failed(e));
        }
    }

    /** Takes a piece of one prompt, a step of all that decode, and leaves those that are done; or prepares what may be said next. */
    void step() {
        active.stream()
                .filter(runningSequence -> runningSequence.job().cancelled() && !runningSequence.finished())
                .forEach(runningSequence -> runningSequence.finish(GenerationEvent.FinishReason.CANCELLED));
        if (!prefilling.isEmpty()) {
            prefill(prefilling.removeFirst());
        }
        List<RunningSequence> ready = active.stream()
                .filter(runningSequence -> runningSequence.prefilled() && !runningSequence.finished())
                .toList();
        for (int from = 0; from < ready.size(); from += MAX_ROWS) {
            decode(ready.subList(from, Math.min(ready.size(), from + MAX_ROWS)));
        }
        retire();
        if (active.isEmpty()) {
            stepIdlePrefill();
        }
    }

    private void prefill(RunningSequence runningSequence) {
        long started = System.nanoTime();
        if (!runningSequence.finished()) {
            try {
                runningSequence.prefill();
            } catch (RuntimeException e) {
                GenerationEvent.Failed failed = failed(e);
                runningSequence.fail(failed.message(), failed.invalidRequest());
            }
            if (!runningSequence.prefilled() && !runningSequence.finished()) {
                prefilling.addLast(runningSequence);
            }
        }
        metrics.prefillNanos.add(System.nanoTime() - started);
    }

    private void decode(List<RunningSequence> ready) {
        long started = System.nanoTime();
        try {
            int[] tokens = ready.stream().mapToInt(RunningSequence::last).toArray();
            List<ModelState> states = ready.stream().map(RunningSequence::state).toList();
            ModelInputs modelInputs = new ModelInputs(tokens, SequenceLayout.unpadded(tokens.length, 1), Map.of());
            float[] logits = Scope.run(
                            model.device(),
                            () -> List.of(model.model()
                                    .advance(model.params(), modelInputs, states)
                                    .floats()))
                    .getFirst();
            for (int i = 0; i < ready.size(); i++) {
                ready.get(i).sample(logits, i * model.spec().vocabulary());
            }
        } catch (RuntimeException e) {
            GenerationEvent.Failed failed = failed(e);
            ready.forEach(runningSequence -> runningSequence.fail(failed.message(), failed.invalidRequest()));
        }
        metrics.decodeSteps.increment();
        metrics.generatedTokens.add(ready.size());
        metrics.decodeNanos.add(System.nanoTime() - started);
    }

    private void retire() {
        for (RunningSequence runningSequence : List.copyOf(active)) {
            if (runningSequence.finished()) {
                active.remove(runningSequence);
                prefilling.remove(runningSequence);
                count(runningSequence);
                runningSequence.close();
            }
        }
        activeSessions.set(active.size());
        stateBytes.set(active.stream()
                .mapToLong(runningSequence -> runningSequence.state().bytes())
                .sum());
    }

    private void count(RunningSequence runningSequence) {
        if (runningSequence.cancelled()) {
            metrics.cancelled.increment();
        } else if (runningSequence.failed()) {
            metrics.failed.increment();
        } else {
            metrics.finished.increment();
            queueIdlePrefill(runningSequence);
        }
    }

    // what is said next begins with all of this
    private void queueIdlePrefill(RunningSequence runningSequence) {
        GenerationRequest generationRequest = runningSequence.job().request();
        Prompt whole = runningSequence.promptAndAnswer();
        boolean further = whole.length() / config.prefillChunk()
                > generationRequest.prompt().length() / config.prefillChunk();
        if (generationRequest.usePrefixCache()
                && generationRequest.maxTokens() > 1
                && further
                && idlePrompts.size() < MAX_IDLE_PREFILLS) {
            idlePrompts.add(whole);
            pendingPrefixes.set(idlePrompts.size());
        }
    }

    /** Takes one piece of what may be said next, since somebody may come meanwhile. */
    private void stepIdlePrefill() {
        try {
            if (idlePrefill.isEmpty() && !idlePrompts.isEmpty()) {
                Prompt prompt = idlePrompts.poll();
                List<String> keys = prompt.prefixKeys(identity, config.prefillChunk());
                idlePrefill = Optional.of(new Prefill(
                        model, cache, prompt, config.prefillChunk(), prompt.length(), keys, prompt.length()));
            }
            if (idlePrefill.isPresent()) {
                if (!idlePrefill.get().allBoundariesPassed()) {
                    idlePrefill.get().processChunk(-1, false);
                }
                if (idlePrefill.get().allBoundariesPassed()) {
                    closeIdlePrefill();
                }
            }
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "what was said could not be prepared for what is said next", e);
            closeIdlePrefill();
        }
        pendingPrefixes.set(idlePrompts.size() + (idlePrefill.isPresent() ? 1 : 0));
    }

    private void closeIdlePrefill() {
        idlePrefill.ifPresent(Prefill::close);
        idlePrefill = Optional.empty();
    }

    private static GenerationEvent.Failed failed(RuntimeException e) {
        boolean asked = e instanceof IllegalArgumentException;
        if (!asked) {
            LOG.log(Level.WARNING, "a request failed", e);
        }
        return new GenerationEvent.Failed(e.getMessage() == null ? e.toString() : e.getMessage(), asked);
    }

    /** Ends all that are there. */
    @Override
    public void close() {
        for (RunningSequence runningSequence : active) {
            runningSequence.fail(CLOSED_MESSAGE, false);
            runningSequence.close();
        }
        active.clear();
        activeSessions.set(0);
        stateBytes.set(0);
        pendingPrefixes.set(0);
        closeIdlePrefill();
    }
}
