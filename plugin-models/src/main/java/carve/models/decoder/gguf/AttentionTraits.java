package carve.models.decoder.gguf;

import carve.api.gguf.GgufKeys;
import carve.api.json.JsonArray;
import carve.api.json.JsonBoolean;
import carve.api.json.JsonValue;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Metadata of windows, soft caps and factors. */
final class AttentionTraits {
    private static final String WINDOW = "attention.sliding_window";
    private static final String PATTERN = "attention.sliding_window_pattern";
    private static final String ATTENTION_CAP = "attn_logit_softcapping";
    private static final int COHERE_LAYERS_WITH_NORMS = 64;
    private static final String LOGIT_CAP = "final_logit_softcapping";

    /** A window of all layers, or none. Files of Phi-3 have it, and llama.cpp computes without. */
    static final GgufTrait WINDOW_OF_ALL =
            new GgufTrait(r -> r.set("sliding_window", r.keys().integer(WINDOW, 0)), w -> {
                long window = (long) GgufWriting.setting(w.layer(), "window");
                w.set(WINDOW, window);
                if (window > 0 && window < w.rope().maxPositions()) {
                    w.problem("a window of %d for %d positions, which llama.cpp takes no notice of"
                            .formatted(window, w.rope().maxPositions()));
                }
            });

    /** Gemma 2's caps of attention scores and logits, which the model always has. */
    static final GgufTrait GEMMA2_CAPS = new GgufTrait(
            r -> r.set(ATTENTION_CAP, positive(r.keys(), ATTENTION_CAP, 50))
                    .set(LOGIT_CAP, positive(r.keys(), LOGIT_CAP, 30)),
            w -> w.set(ATTENTION_CAP, GgufWriting.setting(w.layer(), "soft-cap"))
                    .set(LOGIT_CAP, w.decoder().head().softCap()));

    /** Gemma 3's cap of logits, which few models have. */
    static final GgufTrait GEMMA3_CAPS = new GgufTrait(
            r -> r.keys().optionalReal(LOGIT_CAP).filter(cap -> cap > 0).ifPresent(cap -> r.set(LOGIT_CAP, cap)), w -> {
                if (w.decoder().head().softCap() > 0) {
                    w.set(LOGIT_CAP, w.decoder().head().softCap());
                }
            });

    /** The factors of Granite; those that are not there or 0 are 1, and that of attention is then one by the head's width. */
    static final GgufTrait GRANITE_FACTORS = new GgufTrait(
            r -> {
                GgufKeys keys = r.keys();
                r.set("logits_scaling", positive(keys, "logit_scale", 0))
                        .set("residual_multiplier", factor(keys, "residual_scale", 1))
                        .set("embedding_multiplier", factor(keys, "embedding_scale", 1))
                        .set(
                                "attention_multiplier",
                                factor(
                                        keys,
                                        "attention.scale",
                                        1 / Math.sqrt(r.config().integer("head_dim"))));
            },
            w -> w.set("logit_scale", 1 / w.decoder().head().factor())
                    .set("residual_scale", w.layer().layout().residualFactor())
                    .set("embedding_scale", w.decoder().tokens().factor())
                    .set("attention.scale", GgufWriting.setting(w.layer(), "scale")));

    /** The factors of Granite, whose attention has a rotary embedding. */
    static final GgufTrait GRANITE = new GgufTrait(
            r -> {
                r.keys().require("rope.scaling.finetuned", true); // false is for none
                GRANITE_FACTORS.read().accept(r);
            },
            GRANITE_FACTORS.write());

    /** The factor of logits of Cohere. */
    static final GgufTrait LOGIT_FACTOR = new GgufTrait(
            r -> r.set("logit_scale", factor(r.keys(), "logit_scale", 1)),
            w -> w.set("logit_scale", w.decoder().head().factor()));

    /** The norms of queries and keys of Cohere, which llama.cpp has in models of many layers only. */
    static final GgufTrait COHERE_NORMS =
            new GgufTrait(r -> r.set("use_qk_norm", r.has("blk.0.attn_q_norm.weight")), w -> {
                int layers = w.decoder().layers().size();
                boolean normed = w.layer().mixer().settings().toMap().containsKey("qk-norm");
                if (normed != layers >= COHERE_LAYERS_WITH_NORMS) {
                    w.problem("%d layers %s norms of queries and keys, which llama.cpp does not read"
                            .formatted(layers, normed ? "with" : "without"));
                }
            });

    /** The trait that mixer and feed-forward part work on the same input. */
    static final GgufTrait PARALLEL = new GgufTrait(
            r -> r.set("use_parallel_residual", r.keys().flag("use_parallel_residual", true)),
            w -> w.set("use_parallel_residual", w.layer().layout().parallel()));

    private AttentionTraits() {}

    private static double factor(GgufKeys keys, String key, double otherwise) {
        return keys.optionalReal(key).filter(factor -> factor != 0).orElse(otherwise);
    }

    private static double positive(GgufKeys keys, String key, double otherwise) {
        double value = otherwise == 0 ? keys.real(key) : keys.real(key, otherwise);
        if (!(value > 0)) {
            throw keys.error(key, "must be positive, is " + value);
        }
        return value;
    }

    /**
     * Returns the trait of windows of some layers: all but each last of so many, or those that a pattern names.
     *
     * @param otherwise the window where nothing is said, 0 for none
     * @param period the number of layers of which the last has none, where nothing is said
     */
    static GgufTrait windows(int otherwise, int period) {
        return new GgufTrait(
                r -> {
                    int window = r.keys().integer(WINDOW, otherwise);
                    List<Boolean> windowed = pattern(r, period);
                    r.set("sliding_window", window)
                            .set(
                                    "layer_types",
                                    JsonArray.ofStrings(windowed.stream()
                                            .map(one -> one && window > 0 ? "sliding_attention" : "full_attention")
                                            .toList()));
                },
                w -> write(w, period));
    }

    /** Returns the trait of windows of some layers, as {@link #windows} does, of models that may have none. */
    static GgufTrait windowsOrNone(int period) {
        GgufTrait some = windows(0, period);
        return new GgufTrait(
                r -> {
                    if (window(r) > 0) {
                        some.read().accept(r);
                    } else {
                        r.keys().ignore(PATTERN);
                    }
                },
                w -> {
                    if (w.decoder().layers().stream().anyMatch(layer -> GgufWriting.setting(layer, "window") > 0)) {
                        some.write().accept(w);
                    }
                });
    }

    /** Returns the window of a file, 0 for none. */
    static int window(GgufReading r) {
        return r.keys().integer(WINDOW, 0);
    }

    private static List<Boolean> pattern(GgufReading r, int otherwise) {
        Optional<JsonValue> value = r.keys().value(PATTERN);
        if (value.orElse(null) instanceof JsonArray(List<JsonValue> items)) {
            List<Boolean> windowed = items.stream()
                    .map(item ->
                            item instanceof JsonBoolean(boolean yes) ? yes : AttentionTraits.<Boolean>refuse(r, item))
                    .toList();
            if (windowed.size() != r.layers()) {
                throw r.keys().error(PATTERN, "has %d entries for %d layers".formatted(windowed.size(), r.layers()));
            }
            return windowed;
        }
        return periodic(r.layers(), r.keys().integer(PATTERN, otherwise));
    }

    private static <T> T refuse(GgufReading r, JsonValue item) {
        throw r.keys().error(PATTERN, "expected booleans, found " + item.describe());
    }

    private static List<Boolean> periodic(int layers, int period) {
        return IntStream.range(0, layers)
                .mapToObj(layer -> period == 0 || layer % period < period - 1)
                .toList();
    }

    private static void write(GgufWriting w, int period) {
        List<Integer> windows = w.decoder().layers().stream()
                .map(layer -> (int) GgufWriting.setting(layer, "window"))
                .toList();
        w.set(WINDOW, windows.stream().mapToInt(Integer::intValue).max().orElse(0));
        List<Boolean> windowed = windows.stream().map(window -> window > 0).toList();
        if (windowed.contains(true) && !windowed.equals(periodic(windowed.size(), period))) {
            w.set(
                    PATTERN,
                    new JsonArray(
                            windowed.stream().<JsonValue>map(JsonBoolean::new).toList()));
        }
    }

    /**
     * Returns the trait of Gemma's factor of attention scores, {@code query_pre_attn_scalar}, which is the width of a head, but in
     * the largest model, which is known by its number of layers, that of the model divided by the heads.
     */
    static GgufTrait queryFactor(int layersOfLargest) {
        return new GgufTrait(
                r -> r.set(
                        "query_pre_attn_scalar",
                        r.layers() == layersOfLargest
                                ? r.config().integer("hidden_size") / r.config().integer("num_attention_heads")
                                : r.config().integer("head_dim")),
                w -> {});
    }
}
