package carve.models.mamba2;

import carve.api.json.JsonArray;
import carve.api.json.JsonObject;

/**
 * The two layouts of checkpoints: the keys of their configurations, and their defaults. The gated norm of both is over each
 * group, as in Transformers 5.24, llama.cpp and the kernels that models were trained with.
 */
enum Mamba2Format {
    /** {@code Mamba2ForCausalLM} of the Transformers library. */
    HUGGING_FACE("hidden_size", "num_hidden_layers", "backbone.embeddings.weight") {
        @Override
        JsonObject ssmConfig(JsonObject json) {
            return json;
        }

        @Override
        Mamba2Dims shape(JsonObject json) {
            int heads = json.optionalInteger("num_heads").orElse(128);
            return new Mamba2Dims(
                    heads,
                    json.optionalInteger("head_dim").orElse(64),
                    json.optionalInteger("n_groups").orElse(8),
                    json.optionalInteger("state_size").orElse(128),
                    json.optionalInteger("conv_kernel").orElse(4),
                    json.optionalFlag("use_bias").orElse(false),
                    json.optionalFlag("use_conv_bias").orElse(true));
        }

        @Override
        int vocabulary(JsonObject json) {
            return json.integer("vocab_size");
        }

        @Override
        boolean tied(JsonObject json) {
            return json.optionalFlag("tie_word_embeddings").orElse(false);
        }

        @Override
        double epsilon(JsonObject json) {
            return json.optionalReal("layer_norm_epsilon").orElse(1e-5);
        }

        @Override
        String timeStepLimitKey() {
            return "time_step_limit";
        }

        @Override
        void check(JsonObject json) {
            requireFlag(json, "rms_norm", true);
            String activation = json.optionalString("hidden_act").orElse("silu");
            if (!activation.equals("silu") && !activation.equals("swish")) {
                throw json.error("hidden_act", "'%s' is not supported; there is silu".formatted(activation));
            }
        }
    },
    /** {@code MambaLMHeadModel} of state-spaces/mamba. */
    STATE_SPACES("d_model", "n_layer", "backbone.embedding.weight") {
        @Override
        JsonObject ssmConfig(JsonObject json) {
            return json.object("ssm_cfg");
        }

        @Override
        Mamba2Dims shape(JsonObject json) {
            JsonObject mixer = ssmConfig(json);
            int inner =
                    json.integer("d_model") * mixer.optionalInteger("expand").orElse(2);
            int width = mixer.optionalInteger("headdim").orElse(64);
            int groups = mixer.optionalInteger("ngroups").orElse(1);
            if (width < 1 || inner % width != 0) {
                throw mixer.error("headdim", "%d does not divide the inner width %d".formatted(width, inner));
            }
            return new Mamba2Dims(
                    inner / width,
                    width,
                    groups,
                    mixer.optionalInteger("d_state").orElse(128),
                    mixer.optionalInteger("d_conv").orElse(4),
                    mixer.optionalFlag("bias").orElse(false),
                    mixer.optionalFlag("conv_bias").orElse(true));
        }

        @Override
        int vocabulary(JsonObject json) {
            int multiple =
                    Math.max(1, json.optionalInteger("pad_vocab_size_multiple").orElse(8));
            return Math.ceilDiv(json.integer("vocab_size"), multiple) * multiple;
        }

        @Override
        boolean tied(JsonObject json) {
            return json.optionalFlag("tie_embeddings").orElse(true);
        }

        @Override
        double epsilon(JsonObject json) {
            return json.optionalReal("norm_epsilon").orElse(1e-5);
        }

        @Override
        String timeStepLimitKey() {
            return "dt_limit";
        }

        @Override
        void check(JsonObject json) {
            requireFlag(json, "rms_norm", true);
            requireFlag(ssmConfig(json), "rmsnorm", true);
            requireFlag(ssmConfig(json), "norm_before_gate", false);
            requireFlag(ssmConfig(json), "D_has_hdim", false);
            if (json.optionalInteger("d_intermediate").orElse(0) > 0) {
                throw json.error("d_intermediate", "is not supported, a layer is a mixer alone; expected 0");
            }
            if (json.optionalArray("attn_layer_idx")
                    .map(JsonArray::items)
                    .filter(list -> !list.isEmpty())
                    .isPresent()) {
                throw json.error("attn_layer_idx", "is not supported, every layer is Mamba-2; expected an empty list");
            }
        }
    };

    private final String hiddenKey;
    private final String layersKey;
    private final String tokens;

    Mamba2Format(String hiddenKey, String layersKey, String tokens) {
        this.hiddenKey = hiddenKey;
        this.layersKey = layersKey;
        this.tokens = tokens;
    }

    /** Returns the layout of a configuration of the family. */
    static Mamba2Format of(JsonObject json) {
        return json.has("ssm_cfg") ? STATE_SPACES : HUGGING_FACE;
    }

    /** Returns D. */
    int hidden(JsonObject json) {
        return json.integer(hiddenKey);
    }

    /** Returns the number of layers. */
    int layers(JsonObject json) {
        return json.integer(layersKey);
    }

    /** Returns the key of the number of layers. */
    String layersKey() {
        return layersKey;
    }

    /** Returns the name of the token table. */
    String tokens() {
        return tokens;
    }

    /** Returns the part of a configuration that is about mixers. */
    abstract JsonObject ssmConfig(JsonObject json);

    /** Returns the extents of mixers. */
    abstract Mamba2Dims shape(JsonObject json);

    /** Returns V, with padding. */
    abstract int vocabulary(JsonObject json);

    /** Returns whether the output layer is the token table. */
    abstract boolean tied(JsonObject json);

    /** Returns the epsilon of norms. */
    abstract double epsilon(JsonObject json);

    /** Returns the key of the bounds of time steps, two numbers. */
    abstract String timeStepLimitKey();

    /** Refuses settings that are not supported. */
    abstract void check(JsonObject json);

    private static void requireFlag(JsonObject json, String key, boolean value) {
        if (json.optionalFlag(key).orElse(value) != value) {
            throw json.error(key, "%s is not supported".formatted(!value));
        }
    }
}
