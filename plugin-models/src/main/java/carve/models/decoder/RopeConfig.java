package carve.models.decoder;

import carve.api.config.NameSuggestions;
import carve.api.json.JsonObject;
import carve.api.mixer.RopeScaling;
import carve.api.mixer.RotaryEmbedding;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The rotary embedding of a {@code config.json}: {@code rope_parameters} as Transformers 5 writes it, or {@code rope_theta} and
 * {@code rope_scaling} as Transformers 4 does. Keys that the kind of scaling does not use are refused.
 *
 * @param json the configuration
 */
record RopeConfig(JsonObject json) {
    private static final String ROPE_5 = "rope_parameters";
    private static final String ROPE_4 = "rope_scaling";
    private static final String THETA = "rope_theta";
    private static final String PARTIAL = "partial_rotary_factor";
    private static final String ORIGINAL = "original_max_position_embeddings";
    private static final Map<String, List<String>> KEYS = Map.of(
            "default", List.of(),
            "linear", List.of("factor"),
            "dynamic", List.of("factor"),
            "llama3", List.of("factor", "low_freq_factor", "high_freq_factor", ORIGINAL),
            "yarn",
                    List.of(
                            "factor",
                            ORIGINAL,
                            "attention_factor",
                            "beta_fast",
                            "beta_slow",
                            "mscale",
                            "mscale_all_dim",
                            "truncate"));

    /**
     * Returns the embedding of heads of this width.
     *
     * @param part the part of a head that is rotated if the configuration does not say it
     * @throws carve.api.json.JsonException if it asks for something that is not supported
     */
    RotaryEmbedding rotaryEmbedding(int headWidth, double part) {
        JsonObject rope = parameters();
        double rotated = real(rope, PARTIAL).orElse(part);
        return new RotaryEmbedding(
                real(rope, THETA).orElse(10_000.0),
                (int) (rotated * headWidth),
                json.optionalInteger("max_position_embeddings").orElse(2048),
                scaling(rope));
    }

    private JsonObject parameters() {
        Optional<JsonObject> five = json.optionalObject(ROPE_5);
        Optional<JsonObject> four = json.optionalObject(ROPE_4);
        if (five.isPresent() && four.isPresent()) {
            throw json.error(ROPE_4, "stands beside '%s'; keep one of them".formatted(ROPE_5));
        }
        return five.or(() -> four).orElse(JsonObject.empty());
    }

    // a key inside wins, as in Transformers
    private Optional<Double> real(JsonObject rope, String key) {
        return rope.optionalReal(key).or(() -> json.optionalReal(key));
    }

    private static RopeScaling scaling(JsonObject rope) {
        String typeKey = rope.has("rope_type") ? "rope_type" : "type";
        String type = rope.optionalString(typeKey).orElse("default");
        if (!KEYS.containsKey(type)) {
            throw rope.error(
                    typeKey,
                    NameSuggestions.unknown(
                            "scaling of rotary frequencies",
                            type,
                            KEYS.keySet().stream().sorted().toList()));
        }
        requireKnownKeys(rope, type);
        return switch (type) {
            case "linear" -> new RopeScaling.Linear(rope.real("factor"));
            case "dynamic" -> new RopeScaling.Dynamic(rope.real("factor"));
            case "llama3" -> llama3(rope);
            case "yarn" -> yarn(rope);
            default -> RopeScaling.NONE;
        };
    }

    private static void requireKnownKeys(JsonObject rope, String type) {
        List<String> known = new ArrayList<>(KEYS.get(type));
        known.addAll(List.of("rope_type", "type", THETA, PARTIAL));
        for (String key : rope.keys()) {
            if (!known.contains(key)) {
                throw rope.error(key, "is not supported with rotary frequencies of type '%s'".formatted(type));
            }
        }
    }

    private static RopeScaling llama3(JsonObject rope) {
        double low = rope.real("low_freq_factor");
        double high = rope.real("high_freq_factor");
        if (high <= low) {
            throw rope.error("high_freq_factor", "%s must be greater than low_freq_factor %s".formatted(high, low));
        }
        return new RopeScaling.Llama3(rope.real("factor"), low, high, rope.integer(ORIGINAL));
    }

    private static RopeScaling yarn(JsonObject rope) {
        double factor = rope.real("factor");
        return new RopeScaling.Yarn(
                factor,
                rope.integer(ORIGINAL),
                rope.optionalReal("attention_factor").orElseGet(() -> attentionFactor(rope, factor)),
                rope.optionalReal("beta_fast").orElse(32.0),
                rope.optionalReal("beta_slow").orElse(1.0),
                rope.optionalFlag("truncate").orElse(true));
    }

    private static double attentionFactor(JsonObject rope, double factor) {
        double scale = rope.optionalReal("mscale").orElse(0.0);
        double allDimensions = rope.optionalReal("mscale_all_dim").orElse(0.0);
        return scale == 0 || allDimensions == 0
                ? RopeScaling.Yarn.attentionFactor(factor, 1)
                : RopeScaling.Yarn.attentionFactor(factor, scale)
                        / RopeScaling.Yarn.attentionFactor(factor, allDimensions);
    }
}
