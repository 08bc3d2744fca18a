package carve.runtime.engine;

import carve.api.model.LoadedModel;
import carve.api.model.ModelState;
import java.util.ArrayList;
import java.util.List;

/** A request that is worked on. On the device's thread. */
final class RunningSequence implements AutoCloseable {
    private final GenerationJob generationJob;
    private final Prefill prefill;
    private final int vocabulary;
    private final List<Integer> answer = new ArrayList<>();
    private boolean prefilled;
    private boolean finished;
    private boolean cancelled;
    private boolean failed;

    RunningSequence(GenerationJob generationJob, Prefill prefill, LoadedModel model) {
        this.generationJob = generationJob;
        this.prefill = prefill;
        this.vocabulary = model.spec().vocabulary();
    }

    GenerationJob job() {
        return generationJob;
    }

    ModelState state() {
        return prefill.state();
    }

    int cached() {
        return prefill.cachedPositions();
    }

    boolean prefilled() {
        return prefilled;
    }

    boolean finished() {
        return finished;
    }

    /** Returns whether it ended because nobody wanted it; that a job is cancelled after its end does not matter. */
    boolean cancelled() {
        return cancelled;
    }

    /** Returns whether it could not be done. */
    boolean failed() {
        return failed;
    }

    /** Returns the token that is next to be taken. */
    int last() {
        return answer.getLast();
    }

    /** Returns the prompt with the answer. */
    Prompt promptAndAnswer() {
        return generationJob.request().prompt().with(answer);
    }

    /** Takes a piece of the prompt, and chooses the first token after the last one. */
    void prefill() {
        GenerationRequest generationRequest = generationJob.request();
        prefill.processChunk(
                generationRequest.promptLogprobs() ? generationRequest.topLogprobs() : -1,
                generationRequest.maxTokens() > 0);
        if (prefill.isDone()) {
            prefilled = true;
            generationJob.emit(
                    new GenerationEvent.PrefillDone(prefill.cachedPositions(), prefill.logprobs(), System.nanoTime()));
            if (generationRequest.maxTokens() == 0) {
                finish(GenerationEvent.FinishReason.LENGTH);
            } else {
                sample(prefill.logits(), 0);
            }
        }
    }

    /** Chooses the next token by a row of logits. */
    void sample(float[] logits, int offset) {
        GenerationRequest generationRequest = generationJob.request();
        int token = generationRequest.sampler().sample(logits, offset, vocabulary, answer.size());
        boolean stop = generationRequest.stopTokens().contains(token);
        answer.add(token);
        TokenLogprob tokenLogprob = generationRequest.topLogprobs() < 0
                ? TokenLogprob.NONE
                : TokenLogprob.of(logits, offset, vocabulary, token, generationRequest.topLogprobs());
        generationJob.emit(
                new GenerationEvent.TokenGenerated(token, stop, tokenLogprob, state().bytes(), System.nanoTime()));
        if (stop) {
            finish(GenerationEvent.FinishReason.STOP);
        } else if (answer.size() == generationRequest.maxTokens()) {
            finish(GenerationEvent.FinishReason.LENGTH);
        }
    }

    void finish(GenerationEvent.FinishReason finishReason) {
        finished = true;
        cancelled = finishReason == GenerationEvent.FinishReason.CANCELLED;
        generationJob.end(new GenerationEvent.Finished(finishReason));
    }

    void fail(String problem, boolean asked) {
        finished = true;
        failed = true;
        generationJob.end(new GenerationEvent.Failed(problem, asked));
    }

    @Override
    public void close() {
        prefill.close();
    }
}
