package carve.runtime.engine;

import java.util.Set;

/**
 * What is asked of a model.
 *
 * @param prompt what it goes on from
 * @param sampler chooses tokens
 * @param stopTokens tokens that end the answer
 * @param maxTokens after so many tokens the answer ends anyway; may be 0
 * @param topLogprobs how many of the most probable tokens are told with each; -1 if nothing is told
 * @param promptLogprobs whether the tokens of the prompt are scored too
 * @param usePrefixCache whether snapshots are used and made
 */
public record GenerationRequest(
        Prompt prompt,
        Sampler sampler,
        Set<Integer> stopTokens,
        int maxTokens,
        int topLogprobs,
        boolean promptLogprobs,
        boolean usePrefixCache) {
    /** Copies the set. */
    public GenerationRequest {
        stopTokens = Set.copyOf(stopTokens);
        if (maxTokens < 0) {
            throw new IllegalArgumentException("an answer has 0 or more tokens, not " + maxTokens);
        }
    }

    /** Makes a request of an answer alone. */
    public GenerationRequest(Prompt prompt, Sampler sampler, Set<Integer> stops, int maxTokens) {
        this(prompt, sampler, stops, maxTokens, -1, false, true);
    }

    /** Returns how many positions the session needs. */
    public int positions() {
        return prompt.length() + maxTokens;
    }
}
