package carve.runtime;

import carve.api.data.Sample;
import carve.api.model.LoadedModel;
import carve.api.text.Processor;
import carve.runtime.engine.Completion;
import carve.runtime.engine.GenerationEvent;
import carve.runtime.engine.GenerationRequest;
import carve.runtime.engine.Generator;
import carve.runtime.engine.TokenListener;
import java.util.Arrays;
import java.util.function.Consumer;

/** One generation, from prompt tokens to text. */
final class TextGeneration implements TokenListener {
    private final LoadedModel model;
    private final Processor processor;
    private final Sampling sampling;
    private final Consumer<TextPiece> listener;
    private final Processor.TextStream decoder;
    private final StopTextFilter filter;
    private final StringBuilder text = new StringBuilder();

    TextGeneration(LoadedModel model, Processor processor, Sampling sampling, Consumer<TextPiece> listener) {
        this.model = model;
        this.processor = processor;
        this.sampling = sampling;
        this.listener = listener;
        this.decoder = processor.textStream();
        this.filter = new StopTextFilter(sampling.stop());
    }

    Generation run(Sample prompt) {
        Completion completion;
        try (Generator generator = new Generator(model)) {
            GenerationRequest request = new GenerationRequest(
                            generator.prompt(prompt),
                            sampling.sampler(processor.suppressedTokens()),
                            processor.stopTokens(),
                            processor.maxNewTokens(prompt, sampling.maxTokens()))
                    .with(GenerationRequest.CachePolicy.NONE);
            completion = generator.generate(request, this);
        }
        show(filter.push(decoder.flush()));
        show(filter.flush());
        boolean stopped = filter.stopped() || completion.reason() == GenerationEvent.FinishReason.STOP;
        return new Generation(
                text.toString(),
                Arrays.stream(completion.tokens()).boxed().toList(),
                stopped ? Generation.FinishReason.STOP : Generation.FinishReason.LENGTH,
                new Generation.Timings(
                        prompt.tokens().length, completion.prefillSeconds(), completion.decodeSeconds()));
    }

    @Override
    public void onToken(int request, int token) {
        show(filter.push(decoder.push(token)));
    }

    /** Returns whether a stop text was found, after which nothing more is generated. */
    @Override
    public boolean isCancelled() {
        return filter.stopped();
    }

    private void show(String piece) {
        if (!piece.isEmpty()) {
            text.append(piece);
            listener.accept(new TextPiece(piece));
        }
    }
}
