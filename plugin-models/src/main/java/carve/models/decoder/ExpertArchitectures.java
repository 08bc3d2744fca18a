package carve.models.decoder;

import static carve.api.decoder.DecoderArchitecture.of;

import carve.api.decoder.ConfigReader;
import carve.api.decoder.DecoderArchitecture;
import carve.api.decoder.DecoderBuilder;
import carve.api.decoder.DecoderDefaults;
import carve.api.decoder.DecoderNames;
import carve.api.decoder.ExpertNames;
import carve.api.experts.Experts;
import carve.api.experts.GatedUnit;
import carve.api.experts.MixtureOfExperts;
import carve.api.experts.Router;
import carve.api.json.JsonArray;
import carve.api.json.JsonNumber;
import carve.api.mixer.RopeScaling;
import carve.api.mixer.RotaryEmbedding;
import carve.api.model.FeedForward;
import carve.api.model.Norm;
import carve.api.op.Rope.Pairing;
import carve.api.op.TopKRouting;
import carve.api.op.TopKRouting.Scoring;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Decoders whose feed-forward parts are mixtures of experts. */
final class ExpertArchitectures {
    private static final DecoderNames MIXTRAL = DecoderNames.LLAMA
            .module("mlp.router", "block_sparse_moe.gate")
            .experts(new ExpertNames.PerExpert("block_sparse_moe.experts.{e}.", "w1", "w3", "w2"));
    private static final DecoderNames QWEN = DecoderNames.LLAMA
            .module("mlp.router", "mlp.gate")
            .module("mlp.shared.gate", "mlp.shared_expert.gate_proj")
            .module("mlp.shared.up", "mlp.shared_expert.up_proj")
            .module("mlp.shared.down", "mlp.shared_expert.down_proj")
            .module("mlp.shared_gate", "mlp.shared_expert_gate");
    private static final DecoderNames GPT_OSS =
            DecoderNames.LLAMA.experts(new ExpertNames.Columns("mlp.experts.gate_up_proj", "mlp.experts.down_proj"));
    private static final DecoderNames DEEPSEEK = DecoderNames.LLAMA
            .module("mlp.router", "mlp.gate")
            .module("mlp.shared.gate", "mlp.shared_experts.gate_proj")
            .module("mlp.shared.up", "mlp.shared_experts.up_proj")
            .module("mlp.shared.down", "mlp.shared_experts.down_proj");
    private static final DecoderNames GRANITE = DecoderNames.LLAMA
            .module("mlp.router", "block_sparse_moe.router.layer")
            .experts(new ExpertNames.Fused(
                    "block_sparse_moe.input_linear.weight", "block_sparse_moe.output_linear.weight"))
            .fuse("shared_mlp.input_linear", "mlp.shared.gate", "mlp.shared.up")
            .module("mlp.shared.down", "shared_mlp.output_linear");

    private ExpertArchitectures() {}

    static List<DecoderArchitecture> all() {
        return List.of(
                of(
                        "mixtral",
                        new DecoderDefaults(32_000, 4096, 14_336, 32, 32, 8, 0, 131_072),
                        ExpertArchitectures::mixtral),
                of(
                        "qwen2_moe",
                        new DecoderDefaults(151_936, 2048, 5632, 24, 16, 16, 0, 32_768),
                        ExpertArchitectures::qwen2),
                of(
                        "qwen3_moe",
                        new DecoderDefaults(151_936, 2048, 6144, 24, 32, 4, 0, 32_768),
                        ExpertArchitectures::qwen3),
                of(
                        "gpt_oss",
                        new DecoderDefaults(201_088, 2880, 2880, 36, 64, 8, 64, 131_072),
                        ExpertArchitectures::gptOss),
                of(
                        "deepseek_v3",
                        new DecoderDefaults(129_280, 7168, 18_432, 61, 128, 128, 0, 4096),
                        ExpertArchitectures::deepSeek),
                of(
                        "granitemoe",
                        new DecoderDefaults(32_000, 4096, 11_008, 32, 32, 0, 0, 2048),
                        ExpertArchitectures::granite),
                of(
                        "granitemoeshared",
                        new DecoderDefaults(32_000, 4096, 11_008, 32, 32, 0, 0, 2048),
                        ExpertArchitectures::granite));
    }

    private static MixtureOfExperts mixture(
            DecoderBuilder d, int experts, int width, TopKRouting routing, FeedForward shared, boolean sharedGate) {
        return new MixtureOfExperts(
                new Router(d.hidden(), experts, routing),
                new Experts(experts, d.hidden(), width, new GatedUnit.Plain(d.activation()), false),
                shared,
                sharedGate);
    }

    /** Returns the number of experts, which newer and older configurations have under different keys. */
    private static int count(ConfigReader config, String older, int otherwise) {
        String newer = "num_local_experts";
        int count = config.integer(newer, config.integer(older, otherwise));
        if (config.has(newer) && config.has(older) && config.integer(older) != count) {
            throw config.error(older, "is %d, and %s %d".formatted(config.integer(older), newer, count));
        }
        return count;
    }

    private static void mixtral(DecoderBuilder d) {
        ConfigReader config = d.readLlama().config();
        int count = count(config, "num_experts", 8);
        var routing = new TopKRouting(config.integer("num_experts_per_tok", 2), Scoring.SOFTMAX, true);
        d.norm(Norm.Kind.RMS, config.real("rms_norm_eps", 1e-5), 0)
                .mixer("window", config.integer("sliding_window", 0))
                .feedForward(_ -> mixture(d, count, d.intermediate(), routing, FeedForward.NONE, false))
                .names(MIXTRAL);
    }

    private static void qwen2(DecoderBuilder d) {
        LlamaArchitectures.qwen2(d);
        boolean bias = d.config().flag("qkv_bias", true);
        d.attentionBias(bias, false);
        int shared = d.config().integer("shared_expert_intermediate_size", 5632);
        qwen(d, 60, 4, 1408, d.mlp(shared), true);
    }

    private static void qwen3(DecoderBuilder d) {
        ConfigReader config = d.readLlama().config();
        boolean bias = config.flag("attention_bias", false);
        boolean used = config.flag("use_sliding_window", false);
        int window = config.integer("sliding_window", 4096);
        d.attentionBias(bias, bias).mixer("qk-norm", "rms-head").mixer("window", used ? window : 0);
        config.ignore("max_window_layers"); // of no use to this class in Transformers
        qwen(d, 128, 8, 768, FeedForward.NONE, false);
    }

    // every so many layers are sparse, but for those that are listed
    private static void qwen(
            DecoderBuilder d, int defaultCount, int defaultChosen, int defaultWidth, FeedForward shared, boolean gate) {
        ConfigReader config = d.config();
        int count = count(config, "num_experts", defaultCount);
        int width = config.integer("moe_intermediate_size", defaultWidth);
        int step = config.integer("decoder_sparse_step", 1);
        Set<Integer> dense = config.optionalArray("mlp_only_layers")
                .map(ExpertArchitectures::integers)
                .orElse(Set.of());
        var routing = new TopKRouting(
                config.integer("num_experts_per_tok", defaultChosen),
                Scoring.SOFTMAX,
                config.flag("norm_topk_prob", false));
        d.feedForward(layer -> dense.contains(layer) || count == 0 || (layer + 1) % step != 0
                        ? d.mlp(d.intermediate())
                        : mixture(d, count, width, routing, shared, gate))
                .names(QWEN);
    }

    private static Set<Integer> integers(JsonArray array) {
        return array.items().stream()
                .map(item -> (int) ((JsonNumber) item).real())
                .collect(Collectors.toSet());
    }

    private static void gptOss(DecoderBuilder d) {
        ConfigReader config = d.readLlama().config();
        boolean bias = config.flag("attention_bias", true);
        int count = count(config, "num_experts", 128);
        var routing = new TopKRouting(config.integer("num_experts_per_tok", 4), Scoring.SOFTMAX_OF_CHOSEN, false);
        var unit = new GatedUnit.Clamped(config.real("swiglu_alpha", 1.702), config.real("swiglu_limit", 7));
        requireOnly(config, "hidden_act", "silu");
        config.ignore("initial_context_length", "experts_per_token"); // the class in Transformers does not read them
        if (!config.has("rope_parameters") && !config.has("rope_scaling")) {
            throw config.error("rope_parameters", "is missing: there is no rotary embedding without its scaling");
        }
        RotaryEmbedding rope = d.ropeReader().withDefaultTheta(150_000).read(d.headWidth());
        d.norm(Norm.Kind.RMS, config.real("rms_norm_eps", 1e-5), 0)
                .attentionBias(bias, bias)
                .rope(_ -> rope)
                .windows(
                        config.integer("sliding_window", 128),
                        d.layerTypes(layer -> layer % 2 == 0 ? "sliding_attention" : "full_attention"))
                .mixer("sinks", true)
                .feedForward(_ -> new MixtureOfExperts(
                        new Router(d.hidden(), count, routing, true, false),
                        new Experts(count, d.hidden(), d.intermediate(), unit, true)))
                .names(GPT_OSS);
    }

    private static void deepSeek(DecoderBuilder d) {
        ConfigReader config = d.readLlama().config();
        int count = count(config, "n_routed_experts", 256);
        int width = config.integer("moe_intermediate_size", 2048);
        int shared = config.integer("n_shared_experts", 1);
        int dense = config.integer("first_k_dense_replace", 3);
        var routing = new TopKRouting(
                config.integer("num_experts_per_tok", 8),
                Scoring.SIGMOID,
                config.flag("norm_topk_prob", true),
                config.real("routed_scaling_factor", 2.5),
                config.integer("n_group", 8),
                config.integer("topk_group", 4),
                2);
        if (count % routing.groups() != 0) {
            throw config.error("n_group", "%d groups do not divide %d experts".formatted(routing.groups(), count));
        }
        requireOnly(config, "scoring_func", "sigmoid");
        requireOnly(config, "topk_method", "noaux_tc");
        requireOnly(config, "moe_layer_freq", 1);
        latentAttention(d);
        d.feedForward(layer -> layer < dense
                        ? d.mlp(d.intermediate())
                        : new MixtureOfExperts(
                                new Router(d.hidden(), count, routing, false, true),
                                new Experts(count, d.hidden(), width, new GatedUnit.Plain(d.activation()), false),
                                shared == 0 ? FeedForward.NONE : d.mlp(shared * width),
                                false))
                .names(DEEPSEEK.unreadLayers(
                        config.integer("num_nextn_predict_layers", config.integer("num_mtp_layers", 1))));
    }

    private static void requireOnly(ConfigReader config, String key, int only) {
        if (config.integer(key, only) != only) {
            throw config.error(key, "%d is not supported, only %d".formatted(config.integer(key), only));
        }
    }

    private static void requireOnly(ConfigReader config, String key, String only) {
        if (!config.string(key, only).equals(only)) {
            throw config.error(key, "'%s' is not supported, only '%s'".formatted(config.string(key), only));
        }
    }

    private static void latentAttention(DecoderBuilder d) {
        ConfigReader config = d.config();
        int rotated = config.integer("qk_rope_head_dim", 64);
        int plain = config.integer("qk_nope_head_dim", 128);
        boolean bias = config.flag("attention_bias", false);
        requireOnly(config, "qk_head_dim", plain + rotated);
        requireOnly(config, "head_dim", rotated);
        RotaryEmbedding rope = d.ropeReader()
                .withPairing(config.flag("rope_interleave", true) ? Pairing.INTERLEAVED : Pairing.HALF)
                .read(rotated);
        d.attentionBias(bias, bias)
                .mixer("latent-attention")
                .mixer("q-lora-rank", config.optionalInteger("q_lora_rank").orElse(0))
                .mixer("kv-lora-rank", config.integer("kv_lora_rank", 512))
                .mixer("qk-nope-head-dim", plain)
                .mixer("qk-rope-head-dim", rotated)
                .mixer("v-head-dim", config.integer("v_head_dim", 128))
                .mixer("scale", yarnScale(config) / Math.sqrt(plain + rotated))
                .rope(_ -> rope);
    }

    // scores have the attention factor of all dimensions twice, by queries and by keys
    private static double yarnScale(ConfigReader config) {
        return config.optionalObject("rope_parameters")
                .or(() -> config.optionalObject("rope_scaling"))
                .filter(rope -> rope.real("mscale_all_dim", 0) != 0)
                .map(rope -> RopeScaling.Yarn.attentionFactor(rope.real("factor", 1), rope.real("mscale_all_dim")))
                .map(factor -> factor * factor)
                .orElse(1.0);
    }

    static void granite(DecoderBuilder d) {
        LlamaArchitectures.granite(d);
        ConfigReader config = d.config();
        int count = count(config, "num_experts", 8);
        int shared = config.integer("shared_intermediate_size", 0);
        var routing = new TopKRouting(config.integer("num_experts_per_tok", 2), Scoring.SOFTMAX_OF_CHOSEN, false);
        FeedForward sharedPart = shared == 0 ? FeedForward.NONE : d.mlp(shared);
        d.feedForward(_ -> mixture(d, count, d.intermediate(), routing, sharedPart, false))
                .names(GRANITE);
    }
}
