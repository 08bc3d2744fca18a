package carve.models.mamba2;

import carve.api.decoder.ConfigReader;
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
        ConfigReader ssmConfig(ConfigReader json) {
            return json;
        }

        @Override
        Mamba2Dims shape(ConfigReader json) {
            int heads = json.integer("num_heads", 128);
            return new Mamba2Dims(
                    heads,
                    json.integer("head_dim", 64),
                    json.integer("n_groups", 8),
                    json.integer("state_size", 128),
                    json.integer("conv_kernel", 4),
                    json.flag("use_bias", false),
                    json.flag("use_conv_bias", true));
        }

        @Override
        int vocabulary(ConfigReader json) {
            return json.integer("vocab_size");
        }

        @Override
        boolean tied(ConfigReader json) {
            return json.flag("tie_word_embeddings", false);
        }

        @Override
        double epsilon(ConfigReader json) {
            return json.real("layer_norm_epsilon", 1e-5);
        }

        @Override
        String timeStepLimitKey() {
            return "time_step_limit";
        }

        @Override
        void check(ConfigReader json) {
            requireFlag(json, "rms_norm", true);
            // Transformers writes these and does not read them
            json.ignore("norm_before_gate", "time_step_rank", "time_step_min", "intermediate_size");
            String activation = json.string("hidden_act", "silu");
            if (!activation.equals("silu") && !activation.equals("swish")) {
                throw json.error("hidden_act", "'%s' is not supported; there is silu".formatted(activation));
            }
        }
    },
    /** {@code MambaLMHeadModel} of state-spaces/mamba. */
    STATE_SPACES("d_model", "n_layer", "backbone.embedding.weight") {
        @Override
        ConfigReader ssmConfig(ConfigReader json) {
            return json.object("ssm_cfg");
        }

        @Override
        Mamba2Dims shape(ConfigReader json) {
            ConfigReader mixer = ssmConfig(json);
            int inner = json.integer("d_model") * mixer.integer("expand", 2);
            int width = mixer.integer("headdim", 64);
            int groups = mixer.integer("ngroups", 1);
            if (width < 1 || inner % width != 0) {
                throw mixer.error("headdim", "%d does not divide the inner width %d".formatted(width, inner));
            }
            return new Mamba2Dims(
                    inner / width,
                    width,
                    groups,
                    mixer.integer("d_state", 128),
                    mixer.integer("d_conv", 4),
                    mixer.flag("bias", false),
                    mixer.flag("conv_bias", true));
        }

        @Override
        int vocabulary(ConfigReader json) {
            int multiple = Math.max(1, json.integer("pad_vocab_size_multiple", 8));
            return Math.ceilDiv(json.integer("vocab_size"), multiple) * multiple;
        }

        @Override
        boolean tied(ConfigReader json) {
            return json.flag("tie_embeddings", true);
        }

        @Override
        double epsilon(ConfigReader json) {
            return json.real("norm_epsilon", 1e-5);
        }

        @Override
        String timeStepLimitKey() {
            return "dt_limit";
        }

        @Override
        void check(ConfigReader json) {
            requireFlag(json, "rms_norm", true);
            requireFlag(ssmConfig(json), "rmsnorm", true);
            requireFlag(ssmConfig(json), "norm_before_gate", false);
            requireFlag(ssmConfig(json), "D_has_hdim", false);
            // how the official code computes, and how it begins
            ssmConfig(json)
                    .ignore(
                            "layer",
                            "chunk_size",
                            "use_mem_eff_path",
                            "dt_min",
                            "dt_max",
                            "dt_init_floor",
                            "A_init_range");
            json.ignore("fused_add_norm", "attn_cfg", "mlp_cfg");
            if (json.integer("d_intermediate", 0) > 0) {
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
    int hidden(ConfigReader json) {
        return json.integer(hiddenKey);
    }

    /** Returns the number of layers. */
    int layers(ConfigReader json) {
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
    abstract ConfigReader ssmConfig(ConfigReader json);

    /** Returns the extents of mixers. */
    abstract Mamba2Dims shape(ConfigReader json);

    /** Returns V, with padding. */
    abstract int vocabulary(ConfigReader json);

    /** Returns whether the output layer is the token table. */
    abstract boolean tied(ConfigReader json);

    /** Returns the epsilon of norms. */
    abstract double epsilon(ConfigReader json);

    /** Returns the key of the bounds of time steps, two numbers. */
    abstract String timeStepLimitKey();

    /** Refuses settings that are not supported. */
    abstract void check(ConfigReader json);

    private static void requireFlag(ConfigReader json, String key, boolean value) {
        if (json.flag(key, value) != value) {
            throw json.error(key, "%s is not supported".formatted(!value));
        }
    }
}
