package carve.models.decoder;

import static carve.api.decoder.DecoderArchitecture.of;

import carve.api.decoder.ConfigReader;
import carve.api.decoder.DecoderArchitecture;
import carve.api.decoder.DecoderBuilder;
import carve.api.decoder.DecoderDefaults;
import carve.api.decoder.DecoderNames;
import carve.api.decoder.RopeReader;
import carve.api.model.BlockLayout;
import carve.api.model.Norm;
import java.util.List;

/** Gemma 1 to 3 (arXiv:2403.08295, 2408.00118, 2503.19786): norms by 1 + weight, scaled embeddings, soft caps. */
final class GemmaArchitectures {
    private static final DecoderNames SANDWICH = DecoderNames.LLAMA
            .module("mixer_post_norm", "post_attention_layernorm")
            .module("mlp_norm", "pre_feedforward_layernorm")
            .module("mlp_post_norm", "post_feedforward_layernorm");

    private GemmaArchitectures() {}

    static List<DecoderArchitecture> all() {
        return List.of(
                of(
                        "gemma",
                        new DecoderDefaults(256_000, 3072, 24_576, 28, 16, 16, 256, 8192),
                        GemmaArchitectures::gemma),
                of("gemma2", new DecoderDefaults(256_000, 2304, 9216, 26, 8, 4, 256, 8192), GemmaArchitectures::gemma2),
                of(
                        "gemma3_text",
                        new DecoderDefaults(262_208, 2304, 9216, 26, 8, 4, 256, 131_072),
                        GemmaArchitectures::gemma3));
    }

    private static void gemma(DecoderBuilder d) {
        ConfigReader config = d.config();
        // what configurations of Gemma 1 call gelu is its tanh form, as in Transformers
        boolean legacy = config.string("hidden_act", "gelu").equals("gelu") || config.has("hidden_activation");
        common(d, legacy ? "hidden_activation" : "hidden_act").rope(d.ropeReader());
    }

    private static DecoderBuilder common(DecoderBuilder d, String activation) {
        ConfigReader config = d.config();
        config.require("use_bidirectional_attention", false);
        boolean bias = config.flag("attention_bias", false);
        d.readExtents();
        return d.activation(activation, "gelu_pytorch_tanh", true)
                .attentionBias(bias, bias)
                .norm(Norm.Kind.RMS, config.real("rms_norm_eps", 1e-6), 1)
                .embeddingFactor(Math.sqrt(d.hidden()))
                .tied(true);
    }

    private static DecoderBuilder gemma2And3(DecoderBuilder d, double attentionCap, double logitCap) {
        ConfigReader config = d.config();
        config.ignore("hidden_act"); // files of Gemma 2 have it too; its class in Transformers does not read it
        config.require("sliding_window_size", config.integer("sliding_window", 4096));
        return common(d, "hidden_activation")
                .layout(BlockLayout::sandwichNorm)
                .names(SANDWICH)
                .mixer("scale", 1 / Math.sqrt(config.real("query_pre_attn_scalar", 256)))
                .mixer("soft-cap", cap(config, "attn_logit_softcapping", attentionCap))
                .logits(1, cap(config, "final_logit_softcapping", logitCap));
    }

    // null is for none, the absence of the key for what the class in Transformers has
    private static double cap(ConfigReader config, String key, double otherwise) {
        return config.json().has(key) ? config.real(key, 0) : otherwise;
    }

    private static void gemma2(DecoderBuilder d) {
        gemma2And3(d, 50, 30).rope(d.ropeReader());
        d.windows(
                d.config().integer("sliding_window", 4096),
                d.layerTypes(layer -> layer % 2 == 0 ? "sliding_attention" : "full_attention"));
    }

    private static void gemma3(DecoderBuilder d) {
        ConfigReader config = d.config();
        gemma2And3(d, 0, 0).mixer("qk-norm", "rms-head").mixer("qk-norm-offset", 1.0);
        int pattern = config.optionalInteger("sliding_window_pattern")
                .or(() -> config.optionalInteger("_sliding_window_pattern"))
                .orElse(6);
        List<String> types = d.layerTypes(layer -> (layer + 1) % pattern != 0 ? "sliding_attention" : "full_attention");
        RopeReader rope = d.ropeReader();
        d.windows(config.integer("sliding_window", 4096), types)
                .rope(layer -> types.get(layer).equals("full_attention")
                        ? rope.withDefaultTheta(1_000_000).read(d.headWidth(), "full_attention", "rope_theta")
                        : rope.read(d.headWidth(), "sliding_attention", "rope_local_base_freq"));
    }
}
