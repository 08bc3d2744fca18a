package carve.app.serve.openai;

import carve.api.text.Processor;
import carve.app.serve.http.ApiException;
import carve.app.serve.http.HttpCall;
import carve.runtime.engine.GenerationEvent;
import carve.runtime.engine.GenerationJob;
import carve.runtime.engine.TokenLogprob;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * Reads what a job tells as text: characters that are whole, up to a text that ends the answer. Used by one thread; whoever
 * leaves before the end closes it, which cancels the job.
 */
final class CompletionStream implements AutoCloseable {
    /**
     * Some more of the answer.
     *
     * @param text the text; often empty
     * @param logprobs of the tokens whose text has begun, if they were asked for
     * @param endLogprobs of the token that ends the answer and is not part of it, if they were asked for
     */
    record Delta(String text, List<TokenLogprob> logprobs, List<TokenLogprob> endLogprobs) {
        boolean isEmpty() {
            return text.isEmpty() && logprobs.isEmpty() && endLogprobs.isEmpty();
        }
    }

    /**
     * A token whose text has not been shown.
     *
     * @param start where its text begins in that of the answer
     */
    private record PendingToken(int start, TokenLogprob logprob) {}

    private final GenerationJob generationJob;
    private final List<String> stops;
    private final Processor.TextStream stream;
    private final CompletionMetrics completionMetrics;
    private final StringBuilder held = new StringBuilder();
    private final Deque<PendingToken> pending = new ArrayDeque<>();
    private List<TokenLogprob> endLogprobs = List.of();
    private int decoded;
    private int shown;
    private List<TokenLogprob> promptScores = List.of();
    private String finish = "";

    /**
     * Reads the answers of a job.
     *
     * @param before the last tokens of a text that goes on, since there a word may begin with a space
     */
    CompletionStream(
            GenerationJob generationJob,
            Processor processor,
            List<String> stops,
            CompletionMetrics completionMetrics,
            int... before) {
        this.generationJob = generationJob;
        this.stops = List.copyOf(stops);
        this.stream = processor.textStream();
        this.completionMetrics = completionMetrics;
        for (int token : before) {
            stream.push(token);
        }
    }

    CompletionMetrics metrics() {
        return completionMetrics;
    }

    /** Returns why the answer ended; empty while it goes on. */
    String finishReason() {
        return finish;
    }

    List<TokenLogprob> promptLogprobs() {
        return promptScores;
    }

    /**
     * Returns the next part, or nothing if none came in time.
     *
     * @throws ApiException if the answer cannot be given
     */
    Optional<Delta> next(long millis) throws InterruptedException {
        return generationJob.take(millis).map(this::part);
    }

    private Delta part(GenerationEvent generationEvent) {
        return switch (generationEvent) {
            case GenerationEvent.PrefillDone prefillDone -> {
                completionMetrics.promptProcessed(prefillDone);
                promptScores = prefillDone.promptLogprobs();
                yield new Delta("", List.of(), List.of());
            }
            case GenerationEvent.TokenGenerated tokenGenerated -> token(tokenGenerated);
            case GenerationEvent.Finished finished -> ended(finished);
            case GenerationEvent.Failed failed -> throw ApiException.of(failed);
        };
    }

    private Delta token(GenerationEvent.TokenGenerated tokenGenerated) {
        completionMetrics.tokenGenerated(tokenGenerated);
        boolean scored = generationJob.request().outputs().topLogprobs() >= 0;
        if (tokenGenerated.isStopToken()) {
            endLogprobs = scored ? List.of(tokenGenerated.logprob()) : List.of();
            return new Delta("", List.of(), List.of());
        }
        if (scored) {
            pending.add(new PendingToken(decoded, tokenGenerated.logprob()));
        }
        String text = shown(stream.push(tokenGenerated.token()));
        return new Delta(text, begun(), List.of());
    }

    private Delta ended(GenerationEvent.Finished finished) {
        String rest = shown(stream.flush());
        if (!finish.isEmpty()) {
            return new Delta(rest, begun(), List.of());
        }
        if (finished.reason() == GenerationEvent.FinishReason.CANCELLED) {
            throw ApiException.serverError(
                    503, "The server is shutting down; the answer was cut off and is not complete.");
        }
        rest += held;
        held.setLength(0);
        finish = finished.reason() == GenerationEvent.FinishReason.LENGTH ? "length" : "stop";
        List<TokenLogprob> logprobs =
                pending.stream().map(PendingToken::logprob).toList();
        pending.clear();
        return new Delta(rest, logprobs, endLogprobs);
    }

    // tokens of which nothing is shown yet may belong to a text that ends the answer
    private List<TokenLogprob> begun() {
        List<TokenLogprob> logprobs = new ArrayList<>();
        while (!pending.isEmpty() && pending.getFirst().start() < shown) {
            logprobs.add(pending.removeFirst().logprob());
        }
        return logprobs;
    }

    // what may be the beginning of a text that ends the answer is held back
    private String shown(String more) {
        held.append(more);
        decoded += more.length();
        int end = stops.stream()
                .mapToInt(held::indexOf)
                .filter(at -> at >= 0)
                .min()
                .orElse(-1);
        if (end >= 0) {
            finish = "stop";
            generationJob.cancel();
            String last = held.substring(0, end);
            held.setLength(0);
            shown += last.length();
            return last;
        }
        int keep = stops.stream().mapToInt(this::begun).max().orElse(0);
        String text = held.substring(0, held.length() - keep);
        held.delete(0, held.length() - keep);
        shown += text.length();
        return text;
    }

    private int begun(String stop) {
        for (int length = Math.min(stop.length() - 1, held.length()); length > 0; length--) {
            if (stop.startsWith(held.substring(held.length() - length))) {
                return length;
            }
        }
        return 0;
    }

    /** Reads to the end, and gives signs of life meanwhile. */
    List<Delta> readAll(HttpCall httpCall, long millis) throws InterruptedException, java.io.IOException {
        while (stops.isEmpty() && !generationJob.awaitEnd(millis)) {
            httpCall.keepAlive(millis);
        }
        List<Delta> parts = new ArrayList<>();
        while (finish.isEmpty()) {
            next(millis).ifPresent(parts::add);
            httpCall.keepAlive(millis);
        }
        return parts;
    }

    @Override
    public void close() {
        generationJob.cancel();
    }
}
