package carve.runtime;

import carve.api.data.Sample;
import carve.api.model.LoadedModel;
import carve.api.text.Processor;
import carve.runtime.engine.TokenGenerator;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/** One generation, from prompt tokens to text. */
final class TextGeneration {
    private final LoadedModel model;
    private final Processor processor;
    private final Sampling sampling;
    private final Consumer<TextPiece> listener;
    private final Processor.TextStream decoder;
    private final StopTextFilter filter;
    private final StringBuilder text = new StringBuilder();
    private long firstTokenNanos;

    TextGeneration(LoadedModel model, Processor processor, Sampling sampling, Consumer<TextPiece> listener) {
        this.model = model;
        this.processor = processor;
        this.sampling = sampling;
        this.listener = listener;
        this.decoder = processor.textStream();
        this.filter = new StopTextFilter(sampling.stop());
    }

    Generation run(Sample prompt) {
        int limit = processor.maxNewTokens(prompt, sampling.maxTokens());
        long started = System.nanoTime();
        firstTokenNanos = started;
        int[] tokens = new TokenGenerator(
                        model, sampling.sampler(processor.suppressedTokens()), processor.stopTokens(), limit)
                .generate(List.of(prompt), (_, token) -> receive(token, started))
                .getFirst();
        show(filter.push(decoder.flush()));
        show(filter.flush());
        long ended = System.nanoTime();
        boolean stopped = filter.stopped() || tokens.length < limit;
        return new Generation(
                text.toString(),
                Arrays.stream(tokens).boxed().toList(),
                stopped ? Generation.FinishReason.STOP : Generation.FinishReason.LENGTH,
                new Generation.Timings(
                        prompt.tokens().length, seconds(firstTokenNanos - started), seconds(ended - firstTokenNanos)));
    }

    private void receive(int token, long started) {
        if (firstTokenNanos == started) {
            firstTokenNanos = System.nanoTime();
        }
        show(filter.push(decoder.push(token)));
    }

    private void show(String piece) {
        if (!piece.isEmpty()) {
            text.append(piece);
            listener.accept(new TextPiece(piece));
        }
    }

    private static double seconds(long nanos) {
        return nanos / 1e9;
    }
}
