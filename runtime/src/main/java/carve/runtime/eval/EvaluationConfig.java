package carve.runtime.eval;

import carve.api.config.Settings;

/**
 * The settings of an evaluation.
 *
 * @param batchSize the greatest number of prompts that are answered in one batch
 * @param maxTokens the greatest number of tokens of an answer
 */
public record EvaluationConfig(int batchSize, int maxTokens) {
    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException if one of them is less than 1
     */
    public EvaluationConfig {
        if (batchSize < 1 || maxTokens < 1) {
            throw new IllegalArgumentException(
                    "batch size and max tokens must be 1 or more, found %d and %d".formatted(batchSize, maxTokens));
        }
    }

    /** Returns the values of the keys {@code batch-size} and {@code max-tokens}. */
    public static EvaluationConfig from(Settings settings) {
        return new EvaluationConfig(settings.integer("batch-size"), settings.integer("max-tokens"));
    }
}
