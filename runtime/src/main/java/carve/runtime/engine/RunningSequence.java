package carve.runtime.engine;

import carve.api.model.ModelState;
import carve.api.op.SampleToken;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/** A request that is worked on. On the device's thread. */
final class RunningSequence implements AutoCloseable {
    private final GenerationJob job;
    private final GenerationRequest request;
    private final PrefixCache cache;
    private final Optional<PrefixKeys> keys;
    private final SequenceState state;
    private final Prefill prefill;
    private final Optional<DraftPrefill> draft;
    private final List<Integer> answer = new ArrayList<>();
    // the tokens of prompt and answer, where a repetition penalty asks for them
    private final BitSet seen = new BitSet();
    private final List<PinnedState> pinned = new ArrayList<>();
    private Optional<Speculation> speculation = Optional.empty();
    private boolean prefilled;
    private boolean finished;
    private boolean cancelled;
    private boolean failed;

    /**
     * The draft model's part of a prompt.
     *
     * @param draft the draft model
     * @param prefill its processing of the prompt; owned
     */
    record DraftPrefill(DraftModel draft, Prefill prefill) {}

    RunningSequence(
            GenerationJob job,
            PrefixCache cache,
            Optional<PrefixKeys> keys,
            ForwardPass pass,
            Prefill prefill,
            Optional<DraftPrefill> draft) {
        this.job = job;
        this.request = job.request();
        this.cache = cache;
        this.keys = keys;
        this.state = new SequenceState(pass, prefill.state());
        this.prefill = prefill;
        this.draft = draft;
        if (request.sampler().penalisesRepetition()) {
            // tokens of images may be negative
            Arrays.stream(request.prompt().tokens()).filter(token -> token >= 0).forEach(seen::set);
        }
    }

    GenerationJob job() {
        return job;
    }

    GenerationRequest request() {
        return request;
    }

    ModelState state() {
        return state.state();
    }

    /** Returns the model on the device where the state is. */
    ForwardPass pass() {
        return state.pass();
    }

    boolean prefilled() {
        return prefilled;
    }

    boolean finished() {
        return finished;
    }

    /** Returns whether it can take the next step of an answer. */
    boolean isReady() {
        return prefilled && !finished;
    }

    /** Returns whether the request was cancelled; a job that is cancelled after its end does not matter. */
    boolean cancelled() {
        return cancelled;
    }

    boolean failed() {
        return failed;
    }

    /** Returns the token that is fed next. */
    int lastToken() {
        return answer.getLast();
    }

    /** Returns how many tokens were generated, with one that ended the answer. */
    int generatedTokens() {
        return answer.size();
    }

    /** Returns the counts of speculative decoding so far. */
    SpeculationMetrics speculationMetrics() {
        return speculation.map(Speculation::metrics).orElse(SpeculationMetrics.NONE);
    }

    /** Returns how many tokens the answer may still have. */
    int remainingTokens() {
        return request.maxTokens() - answer.size();
    }

    /** Returns the number of the draw for the next token. */
    long nextDraw() {
        return request.firstDraw() + answer.size();
    }

    boolean speculates() {
        return speculation.isPresent();
    }

    /** Returns the prompt with the answer. */
    Prompt promptAndAnswer() {
        return request.prompt().with(answer);
    }

    /** Returns the prompt's processing that is next: that of the target model, then that of a draft model. */
    Prefill nextPrefill() {
        return prefill.isDone() ? draft.orElseThrow().prefill() : prefill;
    }

    /** Returns whether the next chunk can be processed in one pass with that of another sequence. */
    boolean prefillsLike(RunningSequence other) {
        return !prefill.isDone()
                && !other.prefill.isDone()
                && prefill.nextLength() == other.prefill.nextLength()
                && !request.outputs().promptLogprobs()
                && !other.request.outputs().promptLogprobs();
    }

    /** Samples the first token once the prompt is processed, and goes on to decoding once a draft model has processed it, too. */
    void chunkProcessed() {
        if (!prefill.isDone()) {
            return;
        }
        if (answer.isEmpty()) {
            promptProcessed();
        }
        if (!finished && draft.map(d -> d.prefill().isDone()).orElse(true)) {
            prefilled = true;
            speculation = draft.map(this::speculation);
        }
    }

    private void promptProcessed() {
        job.emit(new GenerationEvent.PrefillDone(prefill.cachedPositions(), prefill.logprobs(), System.nanoTime()));
        pin();
        if (request.maxTokens() == 0) {
            finish(GenerationEvent.FinishReason.LENGTH);
        } else {
            sample(prefill.logits(), 0);
        }
    }

    private Speculation speculation(DraftPrefill drafting) {
        ForwardPass small = new ForwardPass(drafting.draft().model());
        return new Speculation(
                new Verifier(state.pass(), state.state(), lastToken()),
                new Drafter(small, drafting.prefill().state(), request.sampler(), request.stopTokens(), lastToken()),
                request.sampler(),
                request.stopTokens(),
                drafting.draft().draftTokens());
    }

    /** Makes the sequence ready for a step in a batch: on the device where it is to go on, and lacking one token. */
    void prepareBatchStep() {
        speculation.ifPresent(Speculation::prepareBatchStep);
        Optional.ofNullable(request.deviceMoves().get(answer.size())).ifPresent(device -> state.move(device.get()));
    }

    /** Takes a step with the help of the draft model. */
    void speculate() {
        speculation
                .orElseThrow()
                .step(remainingTokens(), nextDraw(), state.pass().vocabulary(), this::accept);
    }

    /** Samples the next token from a row of logits. */
    void sample(float[] logits, int offset) {
        accept(request.sampler().sample(logits, offset, state.pass().vocabulary(), nextDraw(), seen), logits, offset);
        speculation.ifPresent(active -> active.advanced(lastToken()));
    }

    /** Takes a token that was sampled on the device, or fails if there the logits were not finite. */
    void accept(int token) {
        if (token == SampleToken.NOT_FINITE) {
            fail(FiniteLogits.failureOnDevice());
            return;
        }
        accept(token, new float[0], 0);
        speculation.ifPresent(active -> active.advanced(token));
    }

    private void accept(int token, float[] logits, int offset) {
        GenerationRequest.Outputs outputs = request.outputs();
        int vocabulary = state.pass().vocabulary();
        boolean stop = request.stopTokens().contains(token);
        answer.add(token);
        if (request.sampler().penalisesRepetition()) {
            seen.set(token);
        }
        TokenLogprob logprob = outputs.wantsLogprobs()
                ? TokenLogprob.of(logits, offset, vocabulary, token, outputs.topLogprobs())
                : TokenLogprob.NONE;
        float[] row = outputs.logits() ? Arrays.copyOfRange(logits, offset, offset + vocabulary) : new float[0];
        job.emit(new GenerationEvent.TokenGenerated(token, stop, logprob, row, state().bytes(), System.nanoTime()));
        if (stop) {
            finish(GenerationEvent.FinishReason.STOP);
        } else if (answer.size() == request.maxTokens()) {
            finish(GenerationEvent.FinishReason.LENGTH);
        }
    }

    /** Pins the state where it is, if that is asked for. */
    private void pin() {
        if (request.cachePolicy() != GenerationRequest.CachePolicy.PINNED) {
            return;
        }
        Prompt seen = promptAndAnswer().prefix(state().position());
        PrefixKeys all = PrefixKeys.of(
                seen, keys.orElseThrow().boundary(0), keys.orElseThrow().chunk());
        StateSnapshot snapshot =
                StateSnapshot.of(all.at(seen.length()), state.pass().device(), state(), cache::intern);
        pinned.add(new PinnedState(cache, cache.pin(snapshot, all.lastBoundary()), seen));
    }

    void finish(GenerationEvent.FinishReason reason) {
        finished = true;
        cancelled = reason == GenerationEvent.FinishReason.CANCELLED;
        if (state().position() > request.prompt().length()) {
            pin();
        }
        job.end(new GenerationEvent.Finished(reason, speculationMetrics(), pinned));
    }

    void fail(RuntimeException cause) {
        finished = true;
        failed = true;
        pinned.forEach(PinnedState::close);
        job.end(new GenerationEvent.Failed(FiniteLogits.isMissing(cause) ? located(cause) : cause));
    }

    private RuntimeException located(RuntimeException cause) {
        try {
            return FiniteLogits.located(cause, state.pass(), promptAndAnswer());
        } catch (RuntimeException e) {
            cause.addSuppressed(e);
            return cause;
        }
    }

    @Override
    public void close() {
        speculation.ifPresent(Speculation::close);
        draft.ifPresent(drafting -> drafting.prefill().close());
        prefill.closeEmbedder();
        state.close();
    }
}
