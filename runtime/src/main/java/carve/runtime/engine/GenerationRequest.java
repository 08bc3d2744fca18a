package carve.runtime.engine;

import carve.api.device.Device;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * A request to continue a prompt.
 *
 * @param prompt the prompt
 * @param sampler chooses tokens
 * @param stopTokens tokens that end the answer
 * @param maxTokens the most tokens of the answer; may be 0
 * @param outputs what is told beside the tokens
 * @param cachePolicy how the prefix cache is used
 * @param firstDraw the number of the sampler's draw for the first token
 * @param deviceMoves the device on which the sequence goes on after a number of tokens, with its state
 */
public record GenerationRequest(
        Prompt prompt,
        Sampler sampler,
        Set<Integer> stopTokens,
        int maxTokens,
        Outputs outputs,
        CachePolicy cachePolicy,
        long firstDraw,
        Map<Integer, Supplier<Device>> deviceMoves) {
    /** The uses of the prefix cache. */
    public enum CachePolicy {
        /** Neither reads nor writes states. */
        NONE,
        /** Goes on from the longest prefix that is known, and keeps states at multiples of the prefill chunk. */
        SHARED,
        /** As {@link #SHARED}, and pins the states after the prompt and after the answer. */
        PINNED
    }

    /**
     * The outputs beside the tokens.
     *
     * @param topLogprobs how many of the most probable tokens are told with each; -1 if nothing is told
     * @param promptLogprobs whether the tokens of the prompt are scored too
     * @param logits whether the logits of each token are told
     */
    public record Outputs(int topLogprobs, boolean promptLogprobs, boolean logits) {
        /** Tokens alone. */
        public static final Outputs TOKENS = new Outputs(-1, false, false);

        boolean wantsLogprobs() {
            return topLogprobs >= 0;
        }

        /** Returns whether the logits of a token must come to the host. */
        boolean needsLogits() {
            return wantsLogprobs() || logits;
        }
    }

    /** Copies the collections. */
    public GenerationRequest {
        stopTokens = Set.copyOf(stopTokens);
        deviceMoves = Map.copyOf(deviceMoves);
        if (maxTokens < 0) {
            throw new IllegalArgumentException("maxTokens must be 0 or more, found " + maxTokens);
        }
    }

    /** Makes a request for tokens alone that uses the prefix cache. */
    public GenerationRequest(Prompt prompt, Sampler sampler, Set<Integer> stopTokens, int maxTokens) {
        this(prompt, sampler, stopTokens, maxTokens, Outputs.TOKENS, CachePolicy.SHARED, 0, Map.of());
    }

    /** Returns this request with other outputs. */
    public GenerationRequest with(Outputs others) {
        return new GenerationRequest(
                prompt, sampler, stopTokens, maxTokens, others, cachePolicy, firstDraw, deviceMoves);
    }

    /** Returns this request with another use of the prefix cache. */
    public GenerationRequest with(CachePolicy other) {
        return new GenerationRequest(prompt, sampler, stopTokens, maxTokens, outputs, other, firstDraw, deviceMoves);
    }

    /** Returns this request with another number for the first draw. */
    public GenerationRequest withFirstDraw(long draw) {
        return new GenerationRequest(prompt, sampler, stopTokens, maxTokens, outputs, cachePolicy, draw, deviceMoves);
    }

    /** Returns this request with moves to other devices, by the number of tokens after which they happen. */
    public GenerationRequest withDeviceMoves(Map<Integer, Supplier<Device>> moves) {
        return new GenerationRequest(prompt, sampler, stopTokens, maxTokens, outputs, cachePolicy, firstDraw, moves);
    }

    /** Returns how many positions the sequence needs. */
    public long positions() {
        return (long) prompt.length() + maxTokens;
    }
}
