package carve.app.engine;

import carve.app.work.Sampler;
import java.util.Set;

/**
 * What is asked of a model.
 *
 * @param prompt what it goes on from
 * @param sampler chooses tokens
 * @param stops tokens that end the answer
 * @param maxTokens after so many tokens the answer ends anyway; may be 0
 * @param best how many of the most probable tokens are told with each; -1 if nothing is told
 * @param scorePrompt whether the tokens of the prompt are scored too
 * @param cached whether snapshots are used and made
 */
public record Request(
        Prompt prompt,
        Sampler sampler,
        Set<Integer> stops,
        int maxTokens,
        int best,
        boolean scorePrompt,
        boolean cached) {
    /** Copies the set. */
    public Request {
        stops = Set.copyOf(stops);
        if (maxTokens < 0) {
            throw new IllegalArgumentException("an answer has 0 or more tokens, not " + maxTokens);
        }
    }

    /** Makes a request of an answer alone. */
    public Request(Prompt prompt, Sampler sampler, Set<Integer> stops, int maxTokens) {
        this(prompt, sampler, stops, maxTokens, -1, false, true);
    }

    /** Returns how many positions the session needs. */
    public int positions() {
        return prompt.length() + maxTokens;
    }
}
