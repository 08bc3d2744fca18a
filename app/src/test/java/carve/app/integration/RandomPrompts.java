package carve.app.integration;

import static org.junit.jupiter.api.Assertions.fail;

import carve.api.param.CounterRandom;
import carve.runtime.engine.GenerationEvent;
import carve.runtime.engine.GenerationJob;
import carve.runtime.engine.GenerationRequest;
import carve.runtime.engine.Prompt;
import carve.runtime.engine.Sampler;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Random prompts, and the answers of an engine. */
public final class RandomPrompts {
    static final int VOCABULARY = 29;

    private RandomPrompts() {}

    /** The engine's answer to a prompt. */
    record Answer(List<Integer> tokens, int cached) {}

    public static GenerationRequest request(Prompt prompt, long seed, int tokens, boolean cached) {
        Sampler sampler = new Sampler(0.9, 0, 0.95, seed, Set.of());
        return new GenerationRequest(prompt, sampler, Set.of(0), tokens)
                .with(cached ? GenerationRequest.CachePolicy.SHARED : GenerationRequest.CachePolicy.NONE);
    }

    static List<Integer> random(CounterRandom random, int from, int length) {
        List<Integer> tokens = new ArrayList<>();
        for (int i = 0; i < length; i++) {
            tokens.add(1 + random.below(from + i, VOCABULARY - 1));
        }
        return tokens;
    }

    public static Prompt prompt(List<Integer> tokens) {
        return Prompt.text(tokens.stream().mapToInt(Integer::intValue).toArray());
    }

    /** Waits for the answer to a job. */
    static Answer answer(GenerationJob generationJob) {
        List<Integer> tokens = new ArrayList<>();
        int cached = 0;
        try {
            while (true) {
                switch (generationJob.take()) {
                    case GenerationEvent.PrefillDone prefillDone -> cached = prefillDone.cachedTokens();
                    case GenerationEvent.TokenGenerated tokenGenerated -> tokens.add(tokenGenerated.token());
                    case GenerationEvent.Finished _ -> {
                        return new Answer(tokens, cached);
                    }
                    case GenerationEvent.Failed failed -> fail(failed.message());
                }
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
