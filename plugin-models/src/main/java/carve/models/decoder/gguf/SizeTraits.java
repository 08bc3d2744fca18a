package carve.models.decoder.gguf;

import carve.api.experts.MixtureOfExperts;
import carve.api.gguf.GgufKeys;
import carve.api.json.JsonArray;

/** Metadata of sizes: of layers, heads, norms' epsilon and experts. */
final class SizeTraits {
    static final String TOKENS = "token_embd.weight";
    static final String OUTPUT = "output.weight";

    /** The sizes of a model with the keys of Llama. */
    static final GgufTrait SIZES = new GgufTrait(r -> readSizes(r, kvHeads(r)), w -> {
        writeSizes(w);
        w.set("attention.head_count_kv", w.sizes().kvHeads())
                .set("attention.key_length", w.sizes().headWidth())
                .set("attention.value_length", w.sizes().headWidth())
                .set("context_length", w.rope().maxPositions());
    });

    /** The sizes of a model with the keys of Llama, whose heads together are as wide as the model. */
    static final GgufTrait SIZES_BY_HIDDEN = new GgufTrait(SIZES.read(), w -> {
        SIZES.write().accept(w);
        int heads = w.sizes().heads() * w.sizes().headWidth();
        if (heads != w.sizes().hidden()) {
            w.problem("heads of together %d in place of the hidden size %d, which llama.cpp does not read"
                    .formatted(heads, w.sizes().hidden()));
        }
    });

    /** The sizes of GPT-2, whose keys have names of their own, and its learned positions. */
    static final GgufTrait GPT2_SIZES = new GgufTrait(SizeTraits::readGpt2Sizes, w -> {
        writeSizes(w);
        w.set("context_length", w.decoder().positions().positions());
    });

    /** An output layer that is the token table; llama.cpp reads no other. */
    static final GgufTrait TIED = new GgufTrait(r -> {}, w -> {
        if (!w.decoder().head().tied()) {
            w.problem("an output layer of its own, which llama.cpp does not read");
        }
    });

    /** An output layer of its own, which llama.cpp requires. */
    static final GgufTrait UNTIED = new GgufTrait(r -> {}, w -> {
        if (w.decoder().head().tied()) {
            w.problem("no output layer of its own, which llama.cpp requires");
        }
    });

    /** No experts. */
    static final GgufTrait DENSE = new GgufTrait(r -> requireDense(r.keys()), w -> {});

    /** Experts as in Mixtral, where there are some. */
    static final GgufTrait MIXTRAL = new GgufTrait(
            r -> {
                if (experts(r.keys()) == 0) {
                    requireDense(r.keys());
                    return;
                }
                r.set("num_local_experts", experts(r.keys())).set("num_experts_per_tok", chosen(r));
            },
            w -> w.experts().ifPresent(mixture -> writeExperts(w, mixture)));

    /** Experts of a width of their own, as in Qwen3-MoE, whose weights are normalised. */
    static final GgufTrait QWEN3_EXPERTS = new GgufTrait(
            r -> r.set("num_experts", r.keys().integer("expert_count"))
                    .set("num_experts_per_tok", chosen(r))
                    .set(
                            "moe_intermediate_size",
                            r.keys()
                                    .integer(
                                            "expert_feed_forward_length",
                                            r.uniform("feed_forward_length") / Math.max(1, chosen(r))))
                    .set("norm_topk_prob", true)
                    .set("decoder_sparse_step", 1)
                    .set("mlp_only_layers", JsonArray.of()),
            w -> w.experts().ifPresent(mixture -> {
                writeExperts(w, mixture);
                w.set("expert_feed_forward_length", mixture.experts().intermediate());
            }));

    private SizeTraits() {}

    private static int kvHeads(GgufReading r) {
        return r.keys().has("attention.head_count_kv") ? r.uniform("attention.head_count_kv") : heads(r);
    }

    /** Reads the sizes, with so many heads of keys. */
    static void readSizes(GgufReading r, int kvHeads) {
        GgufKeys keys = r.keys();
        int hidden = keys.integer("embedding_length");
        int heads = heads(r);
        int width = keys.integer("attention.key_length", hidden / heads);
        keys.require("attention.value_length", width);
        readCommon(r);
        r.set("hidden_size", hidden)
                .set("intermediate_size", r.uniform("feed_forward_length"))
                .set("num_hidden_layers", r.layers())
                .set("num_attention_heads", heads)
                .set("num_key_value_heads", kvHeads)
                .set("head_dim", width)
                .set("max_position_embeddings", keys.integer("context_length"));
    }

    private static void readGpt2Sizes(GgufReading r) {
        int heads = heads(r);
        int hidden = r.keys().integer("embedding_length");
        r.keys().require("attention.head_count_kv", heads);
        r.keys().require("attention.key_length", hidden / heads);
        r.keys().require("attention.value_length", hidden / heads);
        readCommon(r);
        r.set("n_embd", hidden)
                .set("n_inner", r.uniform("feed_forward_length"))
                .set("n_layer", r.layers())
                .set("n_head", heads)
                .set("n_positions", r.keys().integer("context_length"));
    }

    private static int heads(GgufReading r) {
        int heads = r.uniform("attention.head_count");
        if (heads < 1) {
            throw r.keys().error("attention.head_count", "must be positive, is " + heads);
        }
        return heads;
    }

    private static void readCommon(GgufReading r) {
        r.keys().require("attention.causal", true);
        r.keys().require("nextn_predict_layers", 0);
        r.set("vocab_size", r.rows(TOKENS)).set("tie_word_embeddings", !r.has(OUTPUT));
    }

    private static void writeSizes(GgufWriting w) {
        w.set("embedding_length", w.sizes().hidden())
                .set("block_count", w.decoder().layers().size())
                .set("feed_forward_length", w.intermediate())
                .set("attention.head_count", w.sizes().heads())
                .set("vocab_size", w.decoder().tokens().vocabulary());
    }

    /** Returns the number of experts, 0 for none. */
    static int experts(GgufKeys keys) {
        return keys.integer("expert_count", 0);
    }

    private static int chosen(GgufReading r) {
        r.keys().require("expert_shared_count", 0);
        r.keys().require("expert_shared_feed_forward_length", 0);
        r.keys().require("expert_group_count", 0);
        r.keys().require("expert_group_used_count", 0);
        r.keys().require("expert_gating_func", 1); // softmax
        r.keys().require("expert_weights_norm", true);
        r.keys().require("expert_weights_scale", 1);
        return r.uniform("expert_used_count");
    }

    private static void requireDense(GgufKeys keys) {
        keys.require("expert_count", 0);
        keys.require("expert_used_count", 0);
    }

    private static void writeExperts(GgufWriting w, MixtureOfExperts mixture) {
        w.set("expert_count", mixture.experts().count())
                .set("expert_used_count", mixture.router().routing().experts());
    }

    /** Returns the epsilon of RMS norms under a key of {@code config.json}. */
    static GgufTrait rmsNorm(String key) {
        return epsilon("attention.layer_norm_rms_epsilon", key);
    }

    /** Returns the epsilon of layer norms under a key of {@code config.json}. */
    static GgufTrait layerNorm(String key) {
        return epsilon("attention.layer_norm_epsilon", key);
    }

    private static GgufTrait epsilon(String ggufKey, String key) {
        return new GgufTrait(
                r -> r.set(key, r.keys().real(ggufKey)),
                w -> w.set(ggufKey, w.decoder().finalNorm().epsilon()));
    }

    /** Returns a flag of {@code config.json} that is true where a tensor is there. */
    static GgufTrait present(String key, String tensor) {
        return new GgufTrait(r -> r.set(key, r.has(tensor)), w -> {});
    }

    /** Returns a flag of {@code config.json} that stands only where a tensor is there, and then is true. */
    static GgufTrait presentOrOmitted(String key, String tensor) {
        return new GgufTrait(
                r -> {
                    if (r.has(tensor)) {
                        r.set(key, true);
                    }
                },
                w -> {});
    }

    /** Returns a flag of {@code config.json} that is true where a tensor is not there. */
    static GgufTrait absent(String key, String tensor) {
        return new GgufTrait(r -> r.set(key, !r.has(tensor)), w -> {});
    }

    /** Returns a flag of {@code config.json} that always has this value. */
    static GgufTrait fixed(String key, boolean value) {
        return new GgufTrait(r -> r.set(key, value), w -> {});
    }

    /** Returns metadata that change nothing for an architecture, whatever they say. */
    static GgufTrait ignored(String... keys) {
        return new GgufTrait(r -> r.keys().ignore(keys), w -> {});
    }
}
