package carve.models.decoder;

import static carve.api.decoder.DecoderArchitecture.of;

import carve.api.config.MapSettings;
import carve.api.decoder.ConfigReader;
import carve.api.decoder.DecoderArchitecture;
import carve.api.decoder.DecoderBuilder;
import carve.api.decoder.DecoderDefaults;
import carve.api.decoder.DecoderNames;
import carve.api.json.JsonNumber;
import carve.api.json.JsonString;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.RotaryEmbedding;
import carve.api.model.MixerSpec;
import carve.api.model.Norm;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Hybrids of attention and Mamba-2 as others trained them. */
final class HybridArchitectures {
    private static final String MIXER = "plain-mamba2";
    private static final String MODULE = "mixer:" + MIXER;

    private static final DecoderNames BAMBA = DecoderNames.LLAMA
            .outer("model.embed_tokens", "model.layers.{i}.", "model.final_layernorm", "lm_head")
            .module(MODULE, "mamba")
            .module("mlp_norm", "pre_ff_layernorm")
            .module("mlp", "feed_forward")
            .module("mlp.gate", "feed_forward.gate_proj")
            .module("mlp.up", "feed_forward.up_proj")
            .module("mlp.down", "feed_forward.down_proj");
    private static final DecoderNames GRANITE_DENSE = DecoderNames.LLAMA
            .fuse("shared_mlp.input_linear", "mlp.gate", "mlp.up")
            .module("mlp.down", "shared_mlp.output_linear");

    private HybridArchitectures() {}

    static List<DecoderArchitecture> all() {
        return List.of(
                of(
                        "bamba",
                        new DecoderDefaults(128_000, 4096, 14_336, 32, 32, 8, 0, 262_144),
                        HybridArchitectures::bamba),
                of(
                        "granitemoehybrid",
                        new DecoderDefaults(32_000, 4096, 11_008, 32, 32, 0, 0, 2048),
                        HybridArchitectures::granite));
    }

    private static void bamba(DecoderBuilder d) {
        LlamaArchitectures.llama(d);
        ConfigReader config = d.config();
        double epsilon = config.real("rms_norm_eps", 1e-5);
        d.norm(Norm.Kind.RMS, epsilon, 0)
                .rope(d.ropeReader().withDefaultPartial(0.5))
                .names(BAMBA);
        config.require("attn_rotary_emb", d.rope(0).width());
        Set<Integer> attention = layers(config, "attn_layer_indices");
        d.mixer(layer -> !attention.contains(layer), mamba2(d, epsilon), mamba2Mixer(config, epsilon));
    }

    private static Set<Integer> layers(ConfigReader config, String key) {
        return config.optionalArray(key)
                .map(array -> array.items().stream()
                        .map(item -> item instanceof JsonNumber number
                                ? (int) number.whole().orElse(-1)
                                : -1)
                        .collect(Collectors.toSet()))
                .orElse(Set.of());
    }

    private static void granite(DecoderBuilder d) {
        ConfigReader config = d.config();
        boolean experts = config.integer("num_local_experts", 8) > 0;
        if (experts) {
            ExpertArchitectures.granite(d);
        } else {
            LlamaArchitectures.granite(d);
            config.ignore("num_experts_per_tok", "intermediate_size");
            int width = config.integer("shared_intermediate_size", 1024);
            d.feedForward(_ -> d.mlp(width)).names(GRANITE_DENSE);
        }
        d.names(d.names().module(MODULE, "mamba"));
        boolean rotated = config.choice(
                "position_embedding_type", "nope", "position embedding", Map.of("rope", true, "nope", false));
        RotaryEmbedding rope = d.ropeReader().read(d.headWidth());
        d.rope(_ -> rotated ? rope : RotaryEmbedding.NONE);
        double epsilon = config.real("rms_norm_eps", 1e-6);
        List<String> types = graniteTypes(config, d.layers());
        d.mixer(layer -> types.get(layer).equals("linear_attention"), mamba2(d, epsilon), mamba2Mixer(config, epsilon));
    }

    // Transformers 4 calls them mamba and attention
    private static List<String> graniteTypes(ConfigReader config, int layers) {
        String key = config.has("layers_block_type") ? "layers_block_type" : "layer_types";
        List<String> types =
                config.optionalStrings(key).orElseGet(() -> Collections.nCopies(layers, "linear_attention")).stream()
                        .map(type -> type.equals("mamba") ? "linear_attention" : type)
                        .map(type -> type.equals("attention") ? "full_attention" : type)
                        .toList();
        if (types.size() != layers
                || !Set.of("linear_attention", "full_attention").containsAll(types)) {
            throw config.error(
                    key, "must have linear_attention or full_attention for each of %d layers".formatted(layers));
        }
        return types;
    }

    // Bamba, Granite and others have the same keys
    private static LayerConfig mamba2(DecoderBuilder d, double epsilon) {
        ConfigReader config = d.config();
        int heads = config.integer("mamba_n_heads", 128);
        double expand = config.real("mamba_expand", 2);
        int width = headWidth(config).orElse((int) (expand * d.hidden()) / heads);
        if (heads * width != (int) (expand * d.hidden())) {
            throw config.error(
                    "mamba_expand",
                    "%s x %d is not the inner width %d of %d heads of %d"
                            .formatted(expand, d.hidden(), heads * width, heads, width));
        }
        boolean bias = config.flag("mamba_proj_bias", false);
        int groups = config.integer("mamba_n_groups", 1);
        return new LayerConfig(d.hidden(), heads, groups, width, bias, epsilon, RotaryEmbedding.NONE);
    }

    // a number, or "auto"
    private static Optional<Integer> headWidth(ConfigReader config) {
        config.has("mamba_d_head");
        boolean auto = config.json()
                .value("mamba_d_head")
                .filter(new JsonString("auto")::equals)
                .isPresent();
        return auto ? Optional.empty() : config.optionalInteger("mamba_d_head");
    }

    private static MixerSpec mamba2Mixer(ConfigReader config, double epsilon) {
        List<Double> steps = config.optionalRange("time_step_limit").orElse(List.of(0.0, Double.POSITIVE_INFINITY));
        Map<String, Object> settings = Map.of(
                "conv-width", config.integer("mamba_d_conv", 4),
                "conv-bias", config.flag("mamba_conv_bias", true),
                "norm-epsilon", epsilon,
                "state-width", config.integer("mamba_d_state", 256),
                "norm-groups", config.integer("mamba_n_groups", 1),
                "min-step", steps.getFirst(),
                "max-step", steps.getLast());
        return new MixerSpec(MIXER, MapSettings.of(settings, "config.json").asTree());
    }
}
