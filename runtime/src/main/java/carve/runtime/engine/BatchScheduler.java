package carve.runtime.engine;

import carve.api.model.LoadedModel;
import carve.api.model.ModelState;
import carve.api.tensor.Tensor;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The generation loop. Each {@linkplain #step step} processes a chunk of a prompt, takes a decode step of all sequences whose
 * prompts are processed, and removes finished sequences. Sequences may join and leave between steps. Confined to the thread of
 * the model's device.
 *
 * <p>{@link ModelEngine} drives it with threads, {@link Generator} without.
 */
final class BatchScheduler implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("carve.runtime");
    // up to so many rows a device gives each the bits that it gets alone; more of them take their step after these
    private static final int MAX_ROWS = 64;
    // with more sequences a step of the whole batch gives more tokens than a draft model for each
    private static final int MAX_SPECULATING = 2;

    private final ForwardPass pass;
    private final List<DraftModel> drafts;
    private final PrefixCache cache;
    private final String fingerprint;
    private final int prefillChunk;
    private final SchedulingPolicy policy;
    private final EngineMetrics metrics;
    private final IdlePrefill idlePrefill;
    private final List<RunningSequence> active = new ArrayList<>();
    private final Deque<RunningSequence> prefilling = new ArrayDeque<>();
    private final EngineMetrics.WorkerGauge activeSequences;
    private final EngineMetrics.WorkerGauge stateBytes;
    private Optional<PipelinedBatch> pipeline = Optional.empty();
    private Optional<RuntimeException> unusable = Optional.empty();

    /**
     * Makes one without sequences.
     *
     * @param drafts a draft model for speculative decoding, or none
     * @param fingerprint a digest of all that the model's numbers depend on
     * @throws IllegalArgumentException if the draft has another vocabulary
     */
    BatchScheduler(
            LoadedModel model,
            List<DraftModel> drafts,
            PrefixCache cache,
            String fingerprint,
            int prefillChunk,
            SchedulingPolicy policy,
            EngineMetrics metrics) {
        drafts.forEach(draft -> draft.requireFits(model));
        this.pass = new ForwardPass(model);
        this.drafts = List.copyOf(drafts);
        this.cache = cache;
        this.fingerprint = fingerprint;
        this.prefillChunk = prefillChunk;
        this.policy = policy;
        this.metrics = metrics;
        this.idlePrefill = new IdlePrefill(pass, cache, fingerprint, prefillChunk, metrics);
        this.activeSequences = new EngineMetrics.WorkerGauge(metrics.active);
        this.stateBytes = new EngineMetrics.WorkerGauge(metrics.stateBytes);
    }

    /** Returns whether there are no sequences. */
    boolean isEmpty() {
        return active.isEmpty();
    }

    /** Returns how many sequences there are. */
    int size() {
        return active.size();
    }

    /** Returns whether prefixes may be prepared while there are no sequences. */
    boolean hasIdleWork() {
        return idlePrefill.hasWork();
    }

    /** Ends all sequences at their next step. */
    void cancelAll() {
        active.forEach(sequence -> sequence.job().cancel());
    }

    /** Adds a sequence. */
    void admit(GenerationJob job) {
        metrics.started.increment();
        Consumer<RuntimeException> refuse = cause -> {
            metrics.failed.increment();
            job.end(new GenerationEvent.Failed(cause));
        };
        attempt(
                () -> {
                    RunningSequence sequence = sequence(job);
                    active.add(sequence);
                    prefilling.add(sequence);
                    activeSequences.set(active.size());
                },
                refuse);
    }

    private RunningSequence sequence(GenerationJob job) {
        GenerationRequest request = job.request();
        Prompt prompt = request.prompt();
        boolean cached = request.cachePolicy() != GenerationRequest.CachePolicy.NONE;
        Optional<PrefixKeys> keys =
                cached ? Optional.of(PrefixKeys.of(prompt, fingerprint, prefillChunk)) : Optional.empty();
        // the last position gives the first token, and scores need all of them
        int from = request.outputs().promptLogprobs() ? 0 : prompt.length() - 1;
        Optional<DraftModel> draft = drafts.stream()
                // a penalty of repetition changes with each token, those of a proposal are scored together
                .filter(_ -> request.maxTokens() > 1
                        && request.deviceMoves().isEmpty()
                        && !request.sampler().penalisesRepetition())
                .findFirst();
        int capacity = capacity(
                request.positions() + draft.map(DraftModel::draftTokens).orElse(0));
        Prefill begun = new Prefill(pass, cache, prompt, prefillChunk, Math.max(1, capacity), keys, from);
        metrics.promptTokens.add(prompt.length());
        metrics.cachedPromptTokens.add(begun.cachedPositions());
        (begun.cachedPositions() > 0 ? metrics.cacheHits : metrics.cacheMisses).increment();
        try {
            return new RunningSequence(
                    job, cache, keys, pass, begun, draft.map(d -> draftPrefill(d, request, capacity)));
        } catch (RuntimeException e) {
            begun.close();
            throw e;
        }
    }

    private static int capacity(long positions) {
        if (positions > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("a sequence of %d positions was asked for; there can be %d at most"
                    .formatted(positions, Integer.MAX_VALUE));
        }
        return (int) positions;
    }

    private RunningSequence.DraftPrefill draftPrefill(DraftModel draft, GenerationRequest request, int capacity) {
        Prompt prompt = request.prompt();
        Optional<PrefixKeys> keys = request.cachePolicy() == GenerationRequest.CachePolicy.NONE
                ? Optional.empty()
                : Optional.of(PrefixKeys.of(prompt, fingerprint + " " + draft.fingerprint(), prefillChunk));
        return new RunningSequence.DraftPrefill(
                draft,
                new Prefill(
                        new ForwardPass(draft.model()), cache, prompt, prefillChunk, capacity, keys, prompt.length()));
    }

    /** Schedules a chunk of a prompt and a step of all that decode, runs them, and retires those that are done. */
    void step() {
        for (RunningSequence sequence : active) {
            if (sequence.job().cancelled() && !sequence.finished()) {
                attempt(List.of(sequence), () -> sequence.finish(GenerationEvent.FinishReason.CANCELLED));
            }
        }
        do {
            prefill();
        } while (!policy.interactive() && !prefilling.isEmpty());
        decode(active.stream().filter(RunningSequence::isReady).toList());
        retire();
        if (policy.interactive() && active.isEmpty()) {
            attempt(List.of(), idlePrefill::step);
        }
    }

    private void prefill() {
        prefilling.removeIf(RunningSequence::finished);
        if (prefilling.isEmpty()) {
            return;
        }
        long started = System.nanoTime();
        List<RunningSequence> group = nextPrefills();
        prefilling.removeAll(group);
        attempt(group, () -> {
            GenerationRequest.Outputs outputs = group.getFirst().request().outputs();
            Prefill.processChunks(
                    group.stream().map(RunningSequence::nextPrefill).toList(),
                    outputs.promptLogprobs() ? outputs.topLogprobs() : -1,
                    group.stream().anyMatch(sequence -> sequence.request().maxTokens() > 0));
            group.forEach(sequence -> attempt(List.of(sequence), sequence::chunkProcessed));
        });
        group.stream()
                .filter(sequence -> !sequence.prefilled() && !sequence.finished())
                .forEach(prefilling::addLast);
        metrics.prefillNanos.add(System.nanoTime() - started);
    }

    // the first one, and those whose next chunks can be processed in the same pass
    private List<RunningSequence> nextPrefills() {
        RunningSequence first = prefilling.getFirst();
        List<RunningSequence> group = new ArrayList<>(List.of(first));
        prefilling.stream()
                .skip(1)
                .filter(first::prefillsLike)
                .limit(policy.prefillBatch() - 1L)
                .forEach(group::add);
        return group;
    }

    private void decode(List<RunningSequence> ready) {
        if (ready.isEmpty()) {
            return;
        }
        long started = System.nanoTime();
        if (pipeline.isEmpty() && ready.size() <= MAX_ROWS) {
            attempt(ready, () -> pipeline = PipelinedBatch.of(ready));
        }
        if (pipeline.isPresent()) {
            run(pipeline.get().sequences(), () -> pipeline.get().step(ready.size()));
            pipeline = pipeline.filter(batch -> !batch.closeIfDone());
        } else {
            decodeNow(ready.stream().filter(RunningSequence::isReady).toList());
        }
        metrics.decodeSteps.increment();
        metrics.decodeNanos.add(System.nanoTime() - started);
    }

    private void decodeNow(List<RunningSequence> ready) {
        List<RunningSequence> batch = new ArrayList<>();
        for (RunningSequence sequence : ready) {
            if (sequence.speculates() && ready.size() <= MAX_SPECULATING) {
                run(List.of(sequence), sequence::speculate);
            } else {
                run(List.of(sequence), sequence::prepareBatchStep);
                batch.add(sequence);
            }
        }
        byPass(batch).forEach((where, sequences) -> {
            for (int from = 0; from < sequences.size(); from += MAX_ROWS) {
                List<RunningSequence> rows = sequences.subList(from, Math.min(sequences.size(), from + MAX_ROWS));
                run(rows, () -> decodeBatch(where, rows));
            }
        });
    }

    private static Map<ForwardPass, List<RunningSequence>> byPass(List<RunningSequence> sequences) {
        Map<ForwardPass, List<RunningSequence>> groups = new LinkedHashMap<>();
        sequences.stream()
                .filter(sequence -> !sequence.finished())
                .forEach(sequence -> groups.computeIfAbsent(sequence.pass(), _ -> new ArrayList<>())
                        .add(sequence));
        return groups;
    }

    private void decodeBatch(ForwardPass where, List<RunningSequence> rows) {
        int[] tokens = rows.stream().mapToInt(RunningSequence::lastToken).toArray();
        List<ModelState> states = rows.stream().map(RunningSequence::state).toList();
        if (DeviceSampling.isPossible(where, rows)) {
            int[] next = where.decode(
                    tokens,
                    states,
                    logits -> DeviceSampling.sample(logits, rows, 0).get(1).ints());
            for (int i = 0; i < next.length; i++) {
                rows.get(i).accept(next[i]);
            }
            return;
        }
        float[] logits = where.decode(tokens, states, Tensor::floats);
        for (int i = 0; i < rows.size(); i++) {
            RunningSequence sequence = rows.get(i);
            int offset = i * where.vocabulary();
            attempt(List.of(sequence), () -> sequence.sample(logits, offset));
        }
    }

    private void run(List<RunningSequence> sequences, Runnable work) {
        long before = generatedTokens(sequences);
        attempt(sequences, work);
        metrics.generatedTokens.add(generatedTokens(sequences) - before);
    }

    /** Runs work for sequences, which fail if it throws. */
    private void attempt(List<RunningSequence> sequences, Runnable work) {
        attempt(
                work,
                cause -> sequences.stream()
                        .filter(sequence -> !sequence.finished())
                        .forEach(sequence -> sequence.fail(cause)));
    }

    /** Runs work; the one place where what a sequence throws, errors too, is kept from all others. */
    private void attempt(Runnable work, Consumer<RuntimeException> failed) {
        try {
            work.run();
        } catch (Throwable e) {
            SequenceFailure failure = SequenceFailure.of(e);
            if (failure.reopens() && unusable.isEmpty()) {
                unusable = Optional.of(failure.cause());
            }
            log(failure.cause());
            failed.accept(failure.cause());
        }
    }

    private static long generatedTokens(List<RunningSequence> sequences) {
        return sequences.stream().mapToLong(RunningSequence::generatedTokens).sum();
    }

    /** Returns why the model has to be opened again, if it has. */
    Optional<RuntimeException> unusable() {
        return unusable;
    }

    private void log(RuntimeException cause) {
        if (policy.interactive() && !(cause instanceof IllegalArgumentException)) {
            LOG.log(Level.WARNING, "a request failed", cause);
        }
    }

    private void retire() {
        for (RunningSequence sequence : List.copyOf(active)) {
            if (sequence.finished()) {
                active.remove(sequence);
                count(sequence);
                sequence.close();
            }
        }
        activeSequences.set(active.size());
        stateBytes.set(
                active.stream().mapToLong(sequence -> sequence.state().bytes()).sum());
    }

    private void count(RunningSequence sequence) {
        metrics.draftTokens.add(sequence.speculationMetrics().draftedTokens());
        metrics.acceptedDraftTokens.add(sequence.speculationMetrics().acceptedTokens());
        if (sequence.cancelled()) {
            metrics.cancelled.increment();
        } else if (sequence.failed()) {
            metrics.failed.increment();
        } else {
            metrics.finished.increment();
            if (policy.interactive()) {
                idlePrefill.offer(sequence);
            }
        }
    }

    /** Ends all sequences that are not done as failed, since the model is closed. */
    void abort() {
        abort(EngineException.closed());
    }

    /** Ends all sequences that are not done as failed. */
    void abort(RuntimeException cause) {
        pipeline.ifPresent(Worker::close);
        pipeline = Optional.empty();
        for (RunningSequence sequence : active) {
            if (!sequence.finished()) {
                Worker.close(() -> sequence.fail(cause));
            }
            Worker.close(sequence);
        }
        active.clear();
        prefilling.clear();
        activeSequences.set(0);
        stateBytes.set(0);
    }

    @Override
    public void close() {
        abort();
        idlePrefill.close();
    }
}
