package carve.app.bench;

import carve.api.model.LoadedModel;
import carve.runtime.engine.EngineMetrics;
import carve.runtime.engine.GenerationRequest;
import carve.runtime.engine.Generator;
import carve.runtime.engine.GeneratorConfig;
import carve.runtime.engine.PinnedState;
import carve.runtime.engine.Prompt;
import carve.runtime.engine.Sampler;
import carve.runtime.engine.TokenListener;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/**
 * A workload as requests to the engine, whose own times of prefill and decoding are the result. The positions before the workload
 * are a state in the engine's prefix cache, so they take no time.
 *
 * <p>A prompt is timed with the first token after it. An answer is timed from its second token on: the first one comes with the
 * last position of the prompt.
 */
final class WorkloadRunner implements AutoCloseable {
    private final Generator generator;
    private final List<GenerationRequest> requests;
    private final ToDoubleFunction<EngineMetrics> clock;
    private final List<PinnedState> seen;

    /** Prepares a workload; the model is not closed with it. */
    WorkloadRunner(LoadedModel model, Workload work) {
        boolean answers = work.kind() == Workload.Kind.TEXT_GENERATION;
        int seenPositions = Math.max(0, answers ? work.depth() - 1 : work.depth());
        int[] tokens = BenchTokens.tokens(model.spec(), seenPositions + (answers ? 1 : work.tokens()));
        Sampler sampler = Sampler.greedy(BenchTokens.imageTokens(model.spec()));
        GenerationRequest request =
                new GenerationRequest(Prompt.text(tokens), sampler, Set.of(), answers ? work.tokens() + 1 : 1);
        this.clock = answers ? EngineMetrics::decodeSeconds : EngineMetrics::prefillSeconds;
        this.requests = Collections.nCopies(work.batch(), request);
        this.generator = new Generator(model, GeneratorConfig.DEFAULT.withMaxBatchSize(work.batch()));
        try {
            this.seen = seenPositions == 0
                    ? List.of()
                    : List.of(SyntheticState.pin(generator, model.spec(), seenPositions));
        } catch (RuntimeException e) {
            generator.close();
            throw e;
        }
    }

    /** Runs the workload once, and returns its seconds. */
    double run() {
        double before = clock.applyAsDouble(generator.metrics());
        generator.generate(requests, TokenListener.NONE);
        return clock.applyAsDouble(generator.metrics()) - before;
    }

    @Override
    public void close() {
        seen.forEach(PinnedState::close);
        generator.close();
    }
}
