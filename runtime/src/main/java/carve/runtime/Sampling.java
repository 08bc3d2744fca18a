package carve.runtime;

import carve.runtime.engine.Sampler;
import java.util.List;
import java.util.Set;

/**
 * The sampling settings of a generation.
 *
 * @param temperature the divisor of the logits; 0 always takes the most probable token (greedy)
 * @param topK the number of most probable tokens to sample from; 0 for all
 * @param topP the cumulative probability of the most probable tokens to sample from; 1 for all
 * @param seed the random seed; the same seed gives the same text
 * @param maxTokens the greatest number of tokens to generate
 * @param stop texts that end the generation; they are not part of its result
 */
public record Sampling(double temperature, int topK, double topP, long seed, int maxTokens, List<String> stop) {
    private static final int DEFAULT_MAX_TOKENS = 512;

    /**
     * Checks the ranges and copies the list.
     *
     * @throws IllegalArgumentException if a value is out of range, or a stop text is empty
     */
    public Sampling {
        stop = List.copyOf(stop);
        new Sampler(temperature, topK, topP, seed, Set.of()); // checks its own values
        if (maxTokens < 1) {
            throw new IllegalArgumentException("max tokens must be 1 or more, found " + maxTokens);
        }
        if (stop.contains("")) {
            throw new IllegalArgumentException("a stop text must not be empty, found " + stop);
        }
    }

    /** Returns greedy decoding of up to 512 tokens. */
    public static Sampling greedy() {
        return new Sampling(0, 0, 1, 0, DEFAULT_MAX_TOKENS, List.of());
    }

    /** Returns sampling from the whole vocabulary at a temperature, of up to 512 tokens, with seed 0. */
    public static Sampling temperature(double temperature) {
        return new Sampling(temperature, 0, 1, 0, DEFAULT_MAX_TOKENS, List.of());
    }

    /** Returns these settings with another top-k. */
    public Sampling withTopK(int value) {
        return new Sampling(temperature, value, topP, seed, maxTokens, stop);
    }

    /** Returns these settings with another top-p. */
    public Sampling withTopP(double value) {
        return new Sampling(temperature, topK, value, seed, maxTokens, stop);
    }

    /** Returns these settings with another seed. */
    public Sampling withSeed(long value) {
        return new Sampling(temperature, topK, topP, value, maxTokens, stop);
    }

    /** Returns these settings with another limit on the number of tokens. */
    public Sampling withMaxTokens(int value) {
        return new Sampling(temperature, topK, topP, seed, value, stop);
    }

    /** Returns these settings with other stop texts. */
    public Sampling withStop(String... texts) {
        return new Sampling(temperature, topK, topP, seed, maxTokens, List.of(texts));
    }

    Sampler sampler(Set<Integer> suppressedTokens) {
        return new Sampler(temperature, topK, topP, seed, suppressedTokens);
    }
}
