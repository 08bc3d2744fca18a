package carve.runtime.engine;

import carve.api.checkpoint.TensorSource;
import carve.api.data.Sample;
import carve.api.model.LoadedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The engine without threads: generates answers on the thread that calls it, which is that of the model's device. Programs, commands
 * and training use it; a server uses {@link ModelEngine}, which runs the same loop.
 *
 * <pre>{@code
 * try (Generator generator = new Generator(model)) {
 *     GenerationRequest request = new GenerationRequest(prompt, Sampler.greedy(Set.of()), stopTokens, 64);
 *     Completion completion = generator.generate(request, (_, token) -> System.out.print(text.push(token)));
 * }
 * }</pre>
 */
public final class Generator implements AutoCloseable {
    private static final String FINGERPRINT = "generator";

    private final LoadedModel model;
    private final GeneratorConfig config;
    private final EngineMetrics metrics = new EngineMetrics();
    private final PrefixCache cache;
    private final BatchScheduler scheduler;

    /** Makes the generator of a model with {@linkplain GeneratorConfig#DEFAULT usual settings}; the model is not closed with it. */
    public Generator(LoadedModel model) {
        this(model, GeneratorConfig.DEFAULT);
    }

    /**
     * Makes the generator of a model; the model is not closed with it.
     *
     * @throws IllegalArgumentException if there is a draft model with another vocabulary
     */
    public Generator(LoadedModel model, GeneratorConfig config) {
        this.model = model;
        this.config = config;
        this.cache = new PrefixCache(config.cacheMemoryBytes(), Optional.empty(), Optional.empty(), metrics);
        this.scheduler = new BatchScheduler(
                model,
                config.drafts(),
                cache,
                FINGERPRINT,
                config.prefillChunk(),
                SchedulingPolicy.THROUGHPUT,
                metrics);
    }

    /** Returns the counts and times of all requests so far. */
    public EngineMetrics metrics() {
        return metrics;
    }

    /** Returns the prompt of a sample: tokens with the images that belong to them. */
    public Prompt prompt(Sample sample) {
        return Prompt.of(sample, model.spec().input().imageToken());
    }

    /**
     * Returns the answer to a request.
     *
     * @throws IllegalArgumentException if the model cannot take the prompt
     */
    public Completion generate(GenerationRequest request, TokenListener listener) {
        return generate(List.of(request), listener).getFirst();
    }

    /**
     * Returns the answers to requests, which are generated side by side; each has the tokens that it has alone.
     *
     * @throws IllegalArgumentException if the model cannot take one of the prompts
     */
    public List<Completion> generate(List<GenerationRequest> requests, TokenListener listener) {
        List<CompletionCollector> collectors = new ArrayList<>();
        try {
            do {
                admit(requests, collectors, listener);
                scheduler.step();
                collectors.forEach(CompletionCollector::collect);
                if (listener.isCancelled()) {
                    scheduler.cancelAll();
                }
            } while (!scheduler.isEmpty() || collectors.size() < requests.size());
            return collectors.stream().map(CompletionCollector::completion).toList();
        } finally {
            scheduler.abort();
        }
    }

    // several at once, whose prompts can then be processed together
    private void admit(List<GenerationRequest> requests, List<CompletionCollector> collectors, TokenListener listener) {
        if (scheduler.size() > config.maxBatchSize() / 2) {
            return;
        }
        while (collectors.size() < requests.size() && scheduler.size() < config.maxBatchSize()) {
            GenerationJob job = new GenerationJob(requests.get(collectors.size()));
            collectors.add(new CompletionCollector(collectors.size(), job, listener));
            scheduler.admit(job);
        }
    }

    /**
     * Makes a state that was saved go on from its prefix; the caller closes it.
     *
     * @param prefix the tokens and images that the model had seen
     * @param tensors as {@link PinnedState#tensors} returned them
     * @throws IllegalArgumentException if they are not those of a state of this model
     */
    public PinnedState pin(Prompt prefix, TensorSource tensors) {
        PrefixKeys keys = PrefixKeys.of(prefix, FINGERPRINT, config.prefillChunk());
        StateSnapshot snapshot = StateSnapshot.of(
                keys.at(prefix.length()), prefix.length(), model.spec().layers().size(), tensors, cache::intern);
        try {
            snapshot.restore(model, prefix.length()).close();
        } catch (RuntimeException e) {
            snapshot.close();
            throw e;
        }
        return new PinnedState(cache, cache.pin(snapshot, keys.lastBoundary()), prefix);
    }

    @Override
    public void close() {
        scheduler.close();
        cache.close();
    }
}
