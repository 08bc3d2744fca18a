package carve.runtime.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The events of a job, gathered into a {@link Completion}. */
final class CompletionCollector {
    private final int index;
    private final GenerationJob job;
    private final TokenListener listener;
    private final long started = System.nanoTime();
    private final List<GenerationEvent.TokenGenerated> tokens = new ArrayList<>();
    private Optional<GenerationEvent.PrefillDone> prefill = Optional.empty();
    private Optional<Completion> completion = Optional.empty();

    CompletionCollector(int index, GenerationJob job, TokenListener listener) {
        this.index = index;
        this.job = job;
        this.listener = listener;
    }

    /** Takes the events that there are, and tells the listener of them. */
    void collect() {
        for (Optional<GenerationEvent> event = job.poll(); event.isPresent(); event = job.poll()) {
            switch (event.get()) {
                case GenerationEvent.PrefillDone done -> prefill = Optional.of(done);
                case GenerationEvent.TokenGenerated token -> add(token);
                case GenerationEvent.Finished end -> complete(end);
                case GenerationEvent.Failed failed -> throw failed.cause();
            }
        }
    }

    private void add(GenerationEvent.TokenGenerated token) {
        tokens.add(token);
        if (!token.isStopToken()) {
            listener.onToken(index, token.token());
        }
    }

    private void complete(GenerationEvent.Finished end) {
        GenerationEvent.PrefillDone done =
                prefill.orElse(new GenerationEvent.PrefillDone(0, List.of(), System.nanoTime()));
        completion = Optional.of(new Completion(done, tokens, end, started));
        listener.onCompletion(index, completion.get());
    }

    Completion completion() {
        return completion.orElseThrow();
    }
}
