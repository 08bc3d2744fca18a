package carve.models.decoder;

import static carve.api.decoder.DecoderArchitecture.of;

import carve.api.decoder.ConfigReader;
import carve.api.decoder.DecoderArchitecture;
import carve.api.decoder.DecoderBuilder;
import carve.api.decoder.DecoderDefaults;
import carve.api.decoder.DecoderNames;
import carve.api.model.BlockLayout;
import carve.api.model.Norm;
import carve.api.op.Rope.Pairing;
import java.util.List;

/** Decoders with layer norms: GPT-2, GPT-NeoX, Phi, StarCoder2, StableLM, Cohere, Nemotron. */
final class GptArchitectures {
    private static final DecoderNames GPT2 = DecoderNames.LLAMA
            .outer("transformer.wte", "transformer.h.{i}.", "transformer.ln_f", "lm_head")
            .transposed("transformer.wpe")
            .module("mixer_norm", "ln_1")
            .module("mlp_norm", "ln_2")
            .module("mixer.o_proj", "attn.c_proj")
            .module("mlp.up", "mlp.c_fc")
            .module("mlp.down", "mlp.c_proj")
            .fuse("attn.c_attn", "mixer.q_proj", "mixer.k_proj", "mixer.v_proj")
            .unread("attn.bias", "attn.masked_bias");
    private static final DecoderNames GPT_NEOX = DecoderNames.LLAMA
            .outer("gpt_neox.embed_in", "gpt_neox.layers.{i}.", "gpt_neox.final_layer_norm", "embed_out")
            .module("mixer.o_proj", "attention.dense")
            .module("mlp.up", "mlp.dense_h_to_4h")
            .module("mlp.down", "mlp.dense_4h_to_h")
            .fuseByGroup("attention.query_key_value", "mixer.q_proj", "mixer.k_proj", "mixer.v_proj")
            .unread("attention.bias", "attention.masked_bias", "attention.rotary_emb.inv_freq");
    private static final DecoderNames PHI = DecoderNames.LLAMA
            .outer("model.embed_tokens", "model.layers.{i}.", "model.final_layernorm", "lm_head")
            .module("mixer.o_proj", "self_attn.dense")
            .module("mixer.q_norm", "self_attn.q_layernorm")
            .module("mixer.k_norm", "self_attn.k_layernorm")
            .module("mlp.up", "mlp.fc1")
            .module("mlp.down", "mlp.fc2");

    private GptArchitectures() {}

    static List<DecoderArchitecture> all() {
        return List.of(
                of("gpt2", new DecoderDefaults(50_257, 768, 3072, 12, 12, 0, 0, 1024), GptArchitectures::gpt2),
                of(
                        "gpt_neox",
                        new DecoderDefaults(50_432, 6144, 24_576, 44, 64, 0, 0, 2048),
                        GptArchitectures::gptNeoX),
                of("phi", new DecoderDefaults(51_200, 2048, 8192, 24, 32, 0, 0, 2048), GptArchitectures::phi),
                of(
                        "starcoder2",
                        new DecoderDefaults(49_152, 3072, 12_288, 30, 24, 2, 0, 4096),
                        GptArchitectures::starCoder2),
                of(
                        "stablelm",
                        new DecoderDefaults(50_304, 2560, 6912, 32, 32, 32, 0, 4096),
                        GptArchitectures::stableLm),
                of("cohere", new DecoderDefaults(256_000, 8192, 22_528, 40, 64, 0, 0, 8192), GptArchitectures::cohere),
                of(
                        "nemotron",
                        new DecoderDefaults(256_000, 6144, 24_576, 32, 48, 0, 0, 4096),
                        GptArchitectures::nemotron));
    }

    private static void gpt2(DecoderBuilder d) {
        ConfigReader config = d.config();
        config.require("add_cross_attention", false);
        config.ignore("n_ctx");
        d.heads("n_embd", "n_head");
        d.extents(
                        config.integer("vocab_size", 50_257),
                        config.integer("n_layer", 12),
                        config.integer("n_inner", 4 * d.hidden()))
                .positions(config.integer("n_positions", 1024))
                .activation("activation_function", "gelu_new", false)
                .norm(Norm.Kind.LAYER, config.real("layer_norm_epsilon", 1e-5), 0)
                .attentionBias(true, true)
                .mlpBias(true)
                .mixer("scale", layer -> gpt2Scale(config, d.headWidth(), layer))
                .tied(true)
                .names(GPT2);
    }

    private static double gpt2Scale(ConfigReader config, int headWidth, int layer) {
        double scale = config.flag("scale_attn_weights", true) ? 1 / Math.sqrt(headWidth) : 1;
        return config.flag("scale_attn_by_inverse_layer_idx", false) ? scale / (layer + 1) : scale;
    }

    private static void gptNeoX(DecoderBuilder d) {
        ConfigReader config = d.config();
        boolean bias = config.flag("attention_bias", true);
        boolean parallel = config.flag("use_parallel_residual", true);
        d.readExtents()
                .activation("hidden_act", "gelu", false)
                .norm(Norm.Kind.LAYER, config.real("layer_norm_eps", 1e-5), 0)
                .layout(parallel ? BlockLayout::parallelWithTwoNorms : BlockLayout::preNorm)
                .rope(d.ropeReader().withKeys("rotary_emb_base", "rotary_pct").withDefaultPartial(0.25))
                .attentionBias(bias, bias)
                .mlpBias(true)
                .tied(false)
                .names(GPT_NEOX);
    }

    private static void phi(DecoderBuilder d) {
        ConfigReader config = d.config();
        d.readExtents()
                .activation("hidden_act", "gelu_new", false)
                .norm(Norm.Kind.LAYER, config.real("layer_norm_eps", 1e-5), 0)
                .layout(BlockLayout::parallel)
                .rope(d.ropeReader().withDefaultPartial(0.5))
                .attentionBias(true, true)
                .mlpBias(true)
                .mixer("qk-norm", config.flag("qk_layernorm", false) ? "layer-shared" : "none")
                .tied(false)
                .headBias(true)
                .names(PHI);
    }

    private static void starCoder2(DecoderBuilder d) {
        ConfigReader config = d.config();
        boolean bias = config.flag("use_bias", true);
        d.readExtents()
                .activation("hidden_act", "gelu_pytorch_tanh", false)
                .norm(Norm.Kind.LAYER, config.real("norm_epsilon", 1e-5), 0)
                .rope(d.ropeReader())
                .attentionBias(bias, bias)
                .mlpBias(bias)
                .mixer("window", config.integer("sliding_window", 0))
                .tied(true)
                .names(DecoderNames.LLAMA.module("mlp.up", "mlp.c_fc").module("mlp.down", "mlp.c_proj"));
        config.require("mlp_type", "default");
        config.require("norm_type", "layer_norm");
        // its class in Transformers does not read them
        config.ignore("activation_function", "layer_norm_epsilon", "scale_attn_weights");
        config.ignore("attention_softmax_in_fp32", "scale_attention_softmax_in_fp32");
    }

    private static void stableLm(DecoderBuilder d) {
        ConfigReader config = d.config();
        config.require("qk_layernorm", false);
        config.require("rotary_scaling_factor", 1);
        boolean parallel = config.flag("use_parallel_residual", false);
        d.readExtents()
                .activation("hidden_act", "silu", true)
                .norm(Norm.Kind.LAYER, config.real("layer_norm_eps", 1e-5), 0)
                .layout(parallel ? BlockLayout::parallel : BlockLayout::preNorm)
                .rope(d.ropeReader().withDefaultPartial(0.25))
                .attentionBias(config.flag("use_qkv_bias", false), false)
                .tied(false);
    }

    private static void cohere(DecoderBuilder d) {
        ConfigReader config = d.config();
        boolean bias = config.flag("attention_bias", false);
        d.readExtents()
                .activation("hidden_act", "silu", true)
                .norm(Norm.Kind.LAYER_WITHOUT_BIAS, config.real("layer_norm_eps", 1e-5), 0)
                .layout(BlockLayout::parallel)
                .rope(d.ropeReader().withPairing(Pairing.INTERLEAVED))
                .attentionBias(bias, bias)
                .mixer("qk-norm", config.flag("use_qk_norm", false) ? "layer-head" : "none")
                .logits(config.real("logit_scale", 0.0625), 0)
                .tied(true);
    }

    private static void nemotron(DecoderBuilder d) {
        ConfigReader config = d.config();
        boolean bias = config.flag("attention_bias", false);
        d.readExtents();
        config.require("kv_channels", d.headWidth());
        d.activation("hidden_act", "relu2", false)
                .norm(Norm.Kind.LAYER, config.real("norm_eps", 1e-5), 1)
                .rope(d.ropeReader().withDefaultPartial(0.5))
                .attentionBias(bias, bias)
                .mlpBias(config.flag("mlp_bias", false))
                .tied(false);
    }
}
