package carve.models.decoder;

import static carve.api.decoder.DecoderArchitecture.of;

import carve.api.decoder.ConfigReader;
import carve.api.decoder.DecoderArchitecture;
import carve.api.decoder.DecoderBuilder;
import carve.api.decoder.DecoderDefaults;
import carve.api.decoder.DecoderNames;
import carve.api.decoder.RopeReader;
import carve.api.json.JsonNumber;
import carve.api.json.JsonValue;
import carve.api.mixer.RotaryEmbedding;
import carve.api.model.BlockLayout;
import carve.api.model.Norm;
import carve.api.op.Rope.Pairing;
import java.util.List;
import java.util.stream.IntStream;

/** Llama and its relatives: RMS norms and gated feed-forward parts. */
final class LlamaArchitectures {
    private static final String FULL = "full_attention";
    private static final String SLIDING = "sliding_attention";

    private static final DecoderNames INTERN_LM2 = DecoderNames.LLAMA
            .outer("model.tok_embeddings", "model.layers.{i}.", "model.norm", "output")
            .module("mixer_norm", "attention_norm")
            .module("mlp_norm", "ffn_norm")
            .module("mixer", "attention")
            .module("mixer.o_proj", "attention.wo")
            .module("mlp.gate", "feed_forward.w1")
            .module("mlp.up", "feed_forward.w3")
            .module("mlp.down", "feed_forward.w2")
            .fuseByGroup("attention.wqkv", "mixer.q_proj", "mixer.k_proj", "mixer.v_proj");
    private static final DecoderNames POST_NORM = DecoderNames.LLAMA
            .module("mixer_post_norm", "post_attention_layernorm")
            .module("mlp_post_norm", "post_feedforward_layernorm");
    private static final DecoderNames FUSED_MLP = DecoderNames.LLAMA.fuse("mlp.gate_up_proj", "mlp.gate", "mlp.up");

    private LlamaArchitectures() {}

    static List<DecoderArchitecture> all() {
        return List.of(
                of("llama", new DecoderDefaults(32_000, 4096, 11_008, 32, 32, 0, 0, 2048), LlamaArchitectures::llama),
                of(
                        "mistral",
                        new DecoderDefaults(32_000, 4096, 14_336, 32, 32, 8, 0, 131_072),
                        LlamaArchitectures::mistral),
                of(
                        "ministral",
                        new DecoderDefaults(32_000, 4096, 14_336, 32, 32, 8, 0, 131_072),
                        LlamaArchitectures::ministral),
                of(
                        "internlm2",
                        new DecoderDefaults(103_168, 4096, 11_008, 32, 32, 0, 0, 2048),
                        LlamaArchitectures::internLm2),
                of(
                        "qwen2",
                        new DecoderDefaults(151_936, 4096, 22_016, 32, 32, 32, 0, 32_768),
                        LlamaArchitectures::qwen2),
                of(
                        "qwen3",
                        new DecoderDefaults(151_936, 4096, 22_016, 32, 32, 32, 128, 32_768),
                        LlamaArchitectures::qwen3),
                of(
                        "smollm3",
                        new DecoderDefaults(128_256, 2048, 11_008, 36, 16, 4, 0, 32_768),
                        LlamaArchitectures::smolLm3),
                of(
                        "granite",
                        new DecoderDefaults(32_000, 4096, 11_008, 32, 32, 0, 0, 2048),
                        LlamaArchitectures::granite),
                of("olmo2", new DecoderDefaults(50_304, 4096, 11_008, 32, 32, 0, 0, 2048), LlamaArchitectures::olmo2),
                of("olmo3", new DecoderDefaults(50_304, 4096, 11_008, 32, 32, 0, 0, 2048), LlamaArchitectures::olmo3),
                of("phi3", new DecoderDefaults(32_064, 3072, 8192, 32, 32, 0, 0, 4096), LlamaArchitectures::phi3),
                of(
                        "glm4",
                        new DecoderDefaults(151_552, 4096, 13_696, 40, 32, 2, 128, 131_072),
                        LlamaArchitectures::glm4));
    }

    static void llama(DecoderBuilder d) {
        attentionBias(d.readLlama()).mlpBias(d.config().flag("mlp_bias", false));
        d.config().require("activation", "swiglu");
    }

    private static DecoderBuilder attentionBias(DecoderBuilder d) {
        boolean bias = d.config().flag("attention_bias", false);
        return d.attentionBias(bias, bias);
    }

    private static void mistral(DecoderBuilder d) {
        d.readLlama().mixer("window", window(d.config(), 4096));
    }

    // null is for all positions, the absence of the key for what the class in Transformers has
    private static int window(ConfigReader config, int otherwise) {
        config.has("sliding_window");
        return config.json().has("sliding_window") ? config.integer("sliding_window", 0) : otherwise;
    }

    private static void ministral(DecoderBuilder d) {
        int window = window(d.readLlama().config(), 4096);
        d.windows(window, d.layerTypes(_ -> window == 0 ? FULL : SLIDING));
    }

    private static void internLm2(DecoderBuilder d) {
        boolean bias = d.config().flag("bias", true);
        d.readLlama().attentionBias(bias, bias).names(INTERN_LM2);
    }

    static void qwen2(DecoderBuilder d) {
        qwenWindows(d.readLlama()).attentionBias(true, false);
    }

    static void qwen3(DecoderBuilder d) {
        attentionBias(qwenWindows(d.readLlama())).mixer("qk-norm", "rms-head");
    }

    // the last layers have a window, where the configuration asks for one
    private static DecoderBuilder qwenWindows(DecoderBuilder d) {
        ConfigReader config = d.config();
        boolean used = config.flag("use_sliding_window", false);
        int window = window(config, 4096);
        int first = config.integer("max_window_layers", 28);
        List<String> types = d.layerTypes(layer -> used && window > 0 && layer >= first ? SLIDING : FULL);
        if (types.contains(SLIDING) && (!used || window == 0)) {
            throw config.error(
                    "layer_types", "has sliding_attention, but use_sliding_window or sliding_window says none");
        }
        return d.windows(window, types);
    }

    private static void smolLm3(DecoderBuilder d) {
        ConfigReader config = d.readLlama().config();
        RotaryEmbedding rope = d.ropeReader().withDefaultTheta(2_000_000).read(d.headWidth());
        List<Boolean> rotated = ropeLayers(config, d.layers());
        config.ignore("max_window_layers"); // its class in Transformers does not read it
        boolean used = config.flag("use_sliding_window", false);
        int window = config.integer("sliding_window", 0);
        List<String> types = d.layerTypes(layer -> used && window > 0 && !rotated.get(layer) ? SLIDING : FULL);
        attentionBias(d)
                .tied(true)
                .mlpBias(config.flag("mlp_bias", false))
                .rope(layer -> rotated.get(layer) ? rope : RotaryEmbedding.NONE)
                .windows(used ? window : 0, types);
    }

    private static List<Boolean> ropeLayers(ConfigReader config, int layers) {
        int interval = config.integer("no_rope_layer_interval", 4);
        return config.optionalArray("no_rope_layers")
                .map(array ->
                        array.items().stream().map(LlamaArchitectures::isOne).toList())
                .orElseGet(() -> IntStream.range(0, layers)
                        .mapToObj(layer -> (layer + 1) % interval != 0)
                        .toList());
    }

    private static boolean isOne(JsonValue value) {
        return value instanceof JsonNumber number && number.real() == 1;
    }

    static void granite(DecoderBuilder d) {
        llama(d);
        ConfigReader config = d.config();
        config.require("normalization_function", "rmsnorm");
        d.embeddingFactor(config.real("embedding_multiplier", 1))
                .residualFactor(config.real("residual_multiplier", 1))
                .logits(1 / config.real("logits_scaling", 1), 0)
                .mixer("scale", config.real("attention_multiplier", 1));
    }

    private static void olmo2(DecoderBuilder d) {
        attentionBias(d.readLlama())
                .norm(Norm.Kind.RMS, d.config().real("rms_norm_eps", 1e-5), 0)
                .layout(BlockLayout::postNorm)
                .mixer("qk-norm", "rms-whole")
                .names(POST_NORM);
    }

    private static void olmo3(DecoderBuilder d) {
        ConfigReader config = d.config();
        attentionBias(d.readExtents().activation("hidden_act", "silu", true).tied(false))
                .norm(Norm.Kind.RMS, config.real("rms_norm_eps", 1e-5), 0)
                .layout(BlockLayout::postNorm)
                .mixer("qk-norm", "rms-whole")
                .names(POST_NORM);
        List<String> types = d.layerTypes(layer -> (layer + 1) % 4 != 0 ? SLIDING : FULL);
        RopeReader rope = d.ropeReader();
        d.windows(window(config, 4096), types).rope(layer -> rope.read(d.headWidth(), types.get(layer), "rope_theta"));
    }

    private static void phi3(DecoderBuilder d) {
        d.config().has("original_max_position_embeddings");
        d.config().require("full_attn_mod", 1);
        d.config().require("interpolate_factor", 1);
        d.readLlama()
                .norm(Norm.Kind.RMS, d.config().real("rms_norm_eps", 1e-5), 0)
                .mixer("window", d.config().integer("sliding_window", 0))
                .names(FUSED_MLP.fuse("self_attn.qkv_proj", "mixer.q_proj", "mixer.k_proj", "mixer.v_proj"));
    }

    private static void glm4(DecoderBuilder d) {
        ConfigReader config = d.readLlama().config();
        d.norm(Norm.Kind.RMS, config.real("rms_norm_eps", 1.5625e-7), 0)
                .rope(d.ropeReader().withDefaultPartial(0.5).withPairing(Pairing.INTERLEAVED))
                .attentionBias(config.flag("attention_bias", true), false)
                .layout(BlockLayout::sandwichNorm)
                .names(FUSED_MLP
                        .module("mixer_post_norm", "post_self_attn_layernorm")
                        .module("mlp_post_norm", "post_mlp_layernorm"));
    }
}
