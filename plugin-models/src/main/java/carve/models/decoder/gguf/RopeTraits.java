package carve.models.decoder.gguf;

import carve.api.config.NameSuggestions;
import carve.api.gguf.GgufKeys;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import carve.api.mixer.RopeScaling;
import carve.api.mixer.RotaryEmbedding;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Metadata and tensors of rotary embedding.
 *
 * <p>{@code rope_freqs.weight}, {@code rope_factors_short.weight} and {@code rope_factors_long.weight} have, for each pair of
 * elements, what its frequency is divided by: the first for all sequences (Llama 3), the others for short and long ones (LongRoPE).
 * {@code config.json} has both as LongRoPE.
 */
final class RopeTraits {
    /** The tensor of Llama 3's factors. */
    static final String FREQUENCIES = "rope_freqs.weight";
    /** The tensors of LongRoPE's factors. */
    static final String SHORT = "rope_factors_short.weight";

    static final String LONG = "rope_factors_long.weight";

    /** All tensors of factors. */
    static final Set<String> FACTORS = Set.of(FREQUENCIES, SHORT, LONG);

    private static final String BASE = "rope.freq_base";
    private static final String LOCAL_BASE = "rope.freq_base_swa";
    private static final String WIDTH = "rope.dimension_count";
    private static final String TYPE = "rope.scaling.type";
    private static final String FACTOR = "rope.scaling.factor";
    private static final String ORIGINAL = "rope.scaling.original_context_length";
    private static final String ATTENTION = "rope.scaling.attn_factor";
    private static final List<String> TYPES = List.of("linear", "longrope", "none", "yarn");
    private static final double DEFAULT_BASE = 10_000;

    /** Heads that are rotated whole. */
    static final GgufTrait WHOLE = whole("rope_theta");

    /** Heads of which a part may be rotated. */
    static final GgufTrait PARTIAL = partial("rope_theta", "partial_rotary_factor");

    /** Gemma 3's: layers with a window have a base of their own, and no scaling. */
    static final GgufTrait GEMMA3 = new GgufTrait(
            r -> {
                WHOLE.read().accept(r);
                r.set("rope_local_base_freq", r.keys().real(LOCAL_BASE, DEFAULT_BASE));
            },
            w -> {
                write(w, layer(w, false).or(() -> layer(w, true)).orElseThrow());
                layer(w, true).ifPresent(rope -> w.set(LOCAL_BASE, rope.base()));
            });

    /** OLMo 3's: layers with a window have the same base, and no scaling. */
    static final GgufTrait OLMO = new GgufTrait(
            r -> {
                WHOLE.read().accept(r);
                r.keys().require(LOCAL_BASE, r.keys().real(BASE, DEFAULT_BASE));
            },
            w -> write(w, layer(w, false).or(() -> layer(w, true)).orElseThrow()));

    private RopeTraits() {}

    private static GgufTrait whole(String theta) {
        return new GgufTrait(
                r -> {
                    r.keys().require(WIDTH, r.config().integer("head_dim"));
                    readBase(r, theta);
                },
                w -> write(w, w.rope()));
    }

    /** Returns the trait of heads of which a part may be rotated, with these keys of {@code config.json}. */
    static GgufTrait partial(String theta, String part) {
        return new GgufTrait(
                r -> {
                    int width = r.config().integer("head_dim");
                    r.set(part, part(r.keys().integer(WIDTH, width), width));
                    readBase(r, theta);
                },
                w -> write(w, w.rope()));
    }

    // the product with the width must not be below what is rotated
    private static double part(int rotated, int width) {
        double part = rotated / (double) width;
        return (int) (part * width) < rotated ? Math.nextUp(part) : part;
    }

    private static Optional<RotaryEmbedding> layer(GgufWriting w, boolean windowed) {
        return w.decoder().layers().stream()
                .filter(layer -> GgufWriting.setting(layer, "window") > 0 == windowed)
                .map(layer -> layer.config().rotaryEmbedding())
                .findFirst();
    }

    private static void readBase(GgufReading r, String theta) {
        r.set(theta, r.keys().real(BASE, DEFAULT_BASE));
        scaling(r).ifPresent(scaling -> r.set("rope_scaling", scaling));
    }

    private static Optional<JsonObject> scaling(GgufReading r) {
        GgufKeys keys = r.keys();
        String type = keys.string(TYPE, "linear");
        double factor = keys.optionalReal(FACTOR).orElseGet(() -> keys.real("rope.scale_linear", 1));
        double divisor = factor == 0 || type.equals("none") ? 1 : factor;
        double attention = keys.real(ATTENTION, 1);
        int original = keys.integer(ORIGINAL, keys.integer("context_length"));
        if (!TYPES.contains(type)) {
            throw keys.error(TYPE, NameSuggestions.unknown("scaling of rotary frequencies", type, TYPES));
        }
        if (FACTORS.stream().anyMatch(r::has)) {
            if (divisor != 1 || type.equals("yarn")) {
                throw keys.error(TYPE, "'%s' by %s stands beside tensors of factors".formatted(type, divisor));
            }
            return Optional.of(factors(r, original, attention));
        }
        if (type.equals("yarn")) {
            return Optional.of(yarn(keys, divisor, original, attention));
        }
        if (type.equals("longrope")) {
            throw keys.error(TYPE, "longrope needs the tensors '%s' and '%s'".formatted(SHORT, LONG));
        }
        keys.require(ATTENTION, 1);
        return divisor == 1
                ? Optional.empty()
                : Optional.of(JsonObject.empty().with("rope_type", "linear").with("factor", divisor));
    }

    private static JsonObject factors(GgufReading r, int original, double attention) {
        Optional<List<Double>> all = r.values(FREQUENCIES);
        return JsonObject.empty()
                .with("rope_type", "longrope")
                .with("short_factor", factors(r, all, SHORT))
                .with("long_factor", factors(r, all, LONG))
                .with("original_max_position_embeddings", original)
                .with("attention_factor", attention);
    }

    private static JsonValue factors(GgufReading r, Optional<List<Double>> all, String tensor) {
        return GgufReading.array(all.or(() -> r.values(tensor))
                .orElseThrow(() -> r.keys().error(TYPE, "there is no tensor '%s'".formatted(tensor))));
    }

    private static JsonObject yarn(GgufKeys keys, double factor, int original, double attention) {
        keys.require("rope.scaling.yarn_ext_factor", 1);
        double own = keys.real("rope.scaling.yarn_attn_factor", RopeScaling.Yarn.attentionFactor(factor, 1));
        return JsonObject.empty()
                .with("rope_type", "yarn")
                .with("factor", factor)
                .with("original_max_position_embeddings", original)
                .with("attention_factor", own * attention)
                .with("beta_fast", keys.real("rope.scaling.yarn_beta_fast", 32))
                .with("beta_slow", keys.real("rope.scaling.yarn_beta_slow", 1));
    }

    private static void write(GgufWriting w, RotaryEmbedding rope) {
        w.set(BASE, rope.base()).set(WIDTH, rope.width());
        switch (rope.scaling()) {
            case RopeScaling.Linear linear -> w.set(TYPE, "linear").set(FACTOR, linear.factor());
            case RopeScaling.Yarn yarn ->
                w.set(TYPE, "yarn")
                        .set(FACTOR, yarn.factor())
                        .set(ORIGINAL, yarn.originalPositions())
                        .set(ATTENTION, yarn.attentionFactor() / RopeScaling.Yarn.attentionFactor(yarn.factor(), 1));
            case RopeScaling.Llama3 llama -> w.tensor(FREQUENCIES, divisors(rope, llama));
            case RopeScaling.LongRope longRope -> {
                w.set(TYPE, "longrope")
                        .set(ORIGINAL, longRope.originalPositions())
                        .set(ATTENTION, longRope.attentionFactor());
                w.tensor(SHORT, array(longRope.shortFactors()));
                w.tensor(LONG, array(longRope.longFactors()));
            }
            default -> {} // GGUF has no words for it, as the comparison of what is read back tells
        }
    }

    private static double[] divisors(RotaryEmbedding rope, RopeScaling scaling) {
        double[] plain = RopeScaling.NONE.frequencies(rope, 1);
        double[] scaled = scaling.frequencies(rope, 1);
        Arrays.setAll(plain, i -> plain[i] / scaled[i]);
        return plain;
    }

    private static double[] array(List<Double> numbers) {
        return numbers.stream().mapToDouble(Double::doubleValue).toArray();
    }
}
