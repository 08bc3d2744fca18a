package carve.runtime.answers;

import carve.runtime.engine.Sampler;

/**
 * The way in which prompts are answered.
 *
 * @param sampler chooses tokens; each answer has a seed of its own, made of this one's and of the answer's number
 * @param maxTokens the most tokens of an answer
 * @param samplesPerPrompt how many answers each prompt has
 * @param batchSize the most answers that are generated side by side; it changes no answer
 */
public record AnswerConfig(Sampler sampler, int maxTokens, int samplesPerPrompt, int batchSize) {
    /** Checks ranges. */
    public AnswerConfig {
        if (maxTokens < 1 || samplesPerPrompt < 1 || batchSize < 1) {
            throw new AnswerException("max-tokens, samples-per-prompt and batch must be 1 or more; found %d, %d and %d"
                    .formatted(maxTokens, samplesPerPrompt, batchSize));
        }
        if (samplesPerPrompt > 1) {
            requireSampled(sampler, "%d samples of a prompt".formatted(samplesPerPrompt));
        }
    }

    /**
     * Refuses a sampler that takes the most probable token where several answers to the same prompt are wanted.
     *
     * @param what the answers, for the message
     */
    public static void requireSampled(Sampler sampler, String what) {
        if (sampler.temperature() == 0) {
            throw new AnswerException(
                    "%s would all be the same, since the temperature is 0; give --temperature".formatted(what));
        }
    }
}
