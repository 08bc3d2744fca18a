package carve.runtime.engine;

import carve.runtime.engine.GenerationEvent.FinishReason;
import carve.runtime.engine.GenerationEvent.Finished;
import carve.runtime.engine.GenerationEvent.PrefillDone;
import carve.runtime.engine.GenerationEvent.TokenGenerated;
import java.util.List;

/**
 * The answer to a {@link GenerationRequest}.
 *
 * @param prefill the end of the prompt's processing
 * @param generated the tokens in order, with the one that ended the answer, if there was one
 * @param end the end
 * @param startedNanos when the request was taken, by {@link System#nanoTime}
 */
public record Completion(PrefillDone prefill, List<TokenGenerated> generated, Finished end, long startedNanos) {
    /** Copies the list. */
    public Completion {
        generated = List.copyOf(generated);
    }

    /** Returns the tokens of the answer, without the one that ended it. */
    public int[] tokens() {
        return generated.stream()
                .filter(token -> !token.isStopToken())
                .mapToInt(TokenGenerated::token)
                .toArray();
    }

    /** Returns why the answer ended. */
    public FinishReason reason() {
        return end.reason();
    }

    /** Returns the seconds that the prompt took. */
    public double prefillSeconds() {
        return (prefill.nanos() - startedNanos) * 1e-9;
    }

    /** Returns the seconds from the end of the prompt to the last token. */
    public double decodeSeconds() {
        return generated.isEmpty() ? 0 : (generated.getLast().nanos() - prefill.nanos()) * 1e-9;
    }
}
