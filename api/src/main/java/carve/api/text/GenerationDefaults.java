package carve.api.text;

import java.util.Map;

/**
 * The sampling parameters that a model's authors recommend, as in {@code generation_config.json}; those that are not there have no
 * value.
 *
 * @param values the parameters that have one
 */
public record GenerationDefaults(Map<Parameter, Double> values) {
    /** No recommendation. */
    public static final GenerationDefaults NONE = new GenerationDefaults(Map.of());

    /** A parameter of sampling. */
    public enum Parameter {
        /** The number that logits are divided by; 0 takes the most probable token. */
        TEMPERATURE,
        /** The number of the most probable tokens that may be chosen; 0 for all. */
        TOP_K,
        /** The share that the most probable tokens have together; 1 for all. */
        TOP_P,
        /** The least probability, as a share of the greatest one; 0 for all. */
        MIN_P,
        /** By which the logits of tokens that were there are divided, or multiplied if negative; 1 for none. */
        REPETITION_PENALTY,
        /** The most tokens of an answer. */
        MAX_NEW_TOKENS
    }

    /** Copies the map. */
    public GenerationDefaults {
        values = Map.copyOf(values);
    }

    /** Returns the value of a parameter, or another one if it has none. */
    public double valueOr(Parameter parameter, double otherwise) {
        return values.getOrDefault(parameter, otherwise);
    }

    /** Returns the value of a parameter that counts, or another one if it has none. */
    public int valueOr(Parameter parameter, int otherwise) {
        return (int) valueOr(parameter, (double) otherwise);
    }
}
