package carve.api.decoder;

import carve.api.config.NameSuggestions;
import carve.api.mixer.RopeScaling;
import carve.api.mixer.RotaryEmbedding;
import carve.api.op.Rope.Pairing;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The rotary embedding of a {@code config.json}: {@code rope_parameters} as Transformers 5 writes it, for all layers or by layer
 * type, or {@code rope_theta}, {@code rope_scaling} and {@code partial_rotary_factor} as Transformers 4 does.
 *
 * @param config the configuration
 * @param theta the key of the base in the older form
 * @param partial the key of the part of a head that is rotated, in the older form
 * @param defaultPartial that part where nothing is said
 * @param defaultTheta the base where nothing is said
 * @param defaultPositions the positions where nothing is said
 * @param pairing which elements are rotated together
 */
public record RopeReader(
        ConfigReader config,
        String theta,
        String partial,
        double defaultPartial,
        double defaultTheta,
        int defaultPositions,
        Pairing pairing) {
    private static final String ROPE_5 = "rope_parameters";
    private static final String ROPE_4 = "rope_scaling";
    private static final String ORIGINAL = "original_max_position_embeddings";
    private static final List<String> TYPES = List.of("default", "dynamic", "linear", "llama3", "longrope", "yarn");
    private static final List<String> LAYER_TYPES = List.of("full_attention", "sliding_attention");

    /** Returns the reader of a configuration with the keys and defaults of Llama. */
    public static RopeReader of(ConfigReader config) {
        return new RopeReader(config, "rope_theta", "partial_rotary_factor", 1, 10_000, 2048, Pairing.HALF);
    }

    /** Returns this reader with other keys of the older form. */
    public RopeReader withKeys(String otherTheta, String otherPartial) {
        return new RopeReader(
                config, otherTheta, otherPartial, defaultPartial, defaultTheta, defaultPositions, pairing);
    }

    /** Returns this reader with another part of a head that is rotated where nothing is said. */
    public RopeReader withDefaultPartial(double part) {
        return new RopeReader(config, theta, partial, part, defaultTheta, defaultPositions, pairing);
    }

    /** Returns this reader with another base where nothing is said. */
    public RopeReader withDefaultTheta(double base) {
        return new RopeReader(config, theta, partial, defaultPartial, base, defaultPositions, pairing);
    }

    /** Returns this reader with other pairs. */
    public RopeReader withPairing(Pairing other) {
        return new RopeReader(config, theta, partial, defaultPartial, defaultTheta, defaultPositions, other);
    }

    /** Returns this reader with another number of positions where nothing is said. */
    public RopeReader withDefaultPositions(int positions) {
        return new RopeReader(config, theta, partial, defaultPartial, defaultTheta, positions, pairing);
    }

    /**
     * Returns the embedding of heads of this width.
     *
     * @throws carve.api.json.JsonException if it asks for something that is not supported
     */
    public RotaryEmbedding read(int headWidth) {
        Optional<ConfigReader> five = config.optionalObject(ROPE_5);
        if (five.isPresent() && LAYER_TYPES.stream().anyMatch(five.get()::has)) {
            throw config.error(ROPE_5, "is by layer type, which is not supported for this model_type");
        }
        return read(headWidth, five.or(this::older), true);
    }

    /**
     * Returns the embedding of layers of a type, where models have one for each type.
     *
     * @param layerType {@code full_attention} or {@code sliding_attention}
     * @param olderTheta the key of the base for this type in the older form, where scaling is of layers with full attention
     * @throws carve.api.json.JsonException if it asks for something that is not supported
     */
    public RotaryEmbedding read(int headWidth, String layerType, String olderTheta) {
        Optional<ConfigReader> five = config.optionalObject(ROPE_5);
        if (five.isEmpty()) {
            RopeReader older = withKeys(olderTheta, partial);
            boolean full = layerType.equals("full_attention");
            return older.read(headWidth, full ? older() : Optional.empty(), true);
        }
        LAYER_TYPES.forEach(five.get()::ignore);
        ConfigReader own = five.get()
                .optionalObject(layerType)
                .orElseThrow(() -> config.error(ROPE_5, "has no entry for layers of type '%s'".formatted(layerType)));
        return read(headWidth, Optional.of(own), false);
    }

    private Optional<ConfigReader> older() {
        return config.optionalObject(ROPE_4);
    }

    private RotaryEmbedding read(int headWidth, Optional<ConfigReader> rope, boolean outer) {
        if (config.has(ROPE_5) && config.has(ROPE_4)) {
            throw config.error(ROPE_4, "stands beside '%s'; keep one of them".formatted(ROPE_5));
        }
        double base = value(rope, "rope_theta", theta, outer).orElse(defaultTheta);
        double part = value(rope, "partial_rotary_factor", partial, outer).orElse(defaultPartial);
        int positions = config.integer("max_position_embeddings", defaultPositions);
        RopeScaling scaling = rope.map(keys -> scaling(keys, positions)).orElse(RopeScaling.NONE);
        return new RotaryEmbedding(base, (int) (part * headWidth), positions, scaling, pairing);
    }

    // a key inside wins, as in Transformers
    private Optional<Double> value(Optional<ConfigReader> rope, String inside, String outside, boolean outer) {
        Optional<Double> own = rope.flatMap(keys -> keys.optionalReal(inside));
        return outer ? own.or(() -> config.optionalReal(outside)) : own;
    }

    private RopeScaling scaling(ConfigReader rope, int positions) {
        String key = rope.has("rope_type") ? "rope_type" : "type";
        rope.ignore("type");
        String type = rope.string(key, "default");
        return switch (type.equals("su") ? "longrope" : type) {
            case "default" -> RopeScaling.NONE;
            case "linear" -> new RopeScaling.Linear(rope.real("factor"));
            case "dynamic" -> new RopeScaling.Dynamic(rope.real("factor"));
            case "llama3" -> llama3(rope);
            case "longrope" -> longRope(rope, positions);
            case "yarn" -> yarn(rope, positions);
            default -> throw rope.error(key, NameSuggestions.unknown("scaling of rotary frequencies", type, TYPES));
        };
    }

    private static RopeScaling llama3(ConfigReader rope) {
        double low = rope.real("low_freq_factor");
        double high = rope.real("high_freq_factor");
        if (high <= low) {
            throw rope.error("high_freq_factor", "%s must be greater than low_freq_factor %s".formatted(high, low));
        }
        return new RopeScaling.Llama3(rope.real("factor"), low, high, rope.integer(ORIGINAL));
    }

    private RopeScaling longRope(ConfigReader rope, int positions) {
        int original = original(rope, positions);
        double factor = rope.optionalReal("factor").orElse(positions / (double) original);
        Supplier<Double> attention = () -> RopeScaling.LongRope.attentionFactor(factor, original);
        return new RopeScaling.LongRope(
                factors(rope, "short_factor"),
                factors(rope, "long_factor"),
                original,
                rope.optionalReal("attention_factor").orElseGet(attention));
    }

    private static List<Double> factors(ConfigReader rope, String key) {
        return rope.optionalReals(key)
                .orElseThrow(() -> rope.error(key, "expected an array of numbers, found no such key"));
    }

    private int original(ConfigReader rope, int positions) {
        int inner = rope.integer(ORIGINAL, positions);
        return config.integer(ORIGINAL, inner); // what stands outside wins, as in Transformers
    }

    private RopeScaling yarn(ConfigReader rope, int positions) {
        int original = original(rope, positions);
        double factor = rope.optionalReal("factor").orElse(positions / (double) original);
        return new RopeScaling.Yarn(
                factor,
                original,
                rope.optionalReal("attention_factor").orElseGet(() -> attentionFactor(rope, factor)),
                rope.real("beta_fast", 32),
                rope.real("beta_slow", 1),
                rope.flag("truncate", true));
    }

    private static double attentionFactor(ConfigReader rope, double factor) {
        double scale = rope.real("mscale", 0);
        double allDimensions = rope.real("mscale_all_dim", 0);
        return scale == 0 || allDimensions == 0
                ? RopeScaling.Yarn.attentionFactor(factor, 1)
                : RopeScaling.Yarn.attentionFactor(factor, scale)
                        / RopeScaling.Yarn.attentionFactor(factor, allDimensions);
    }
}
