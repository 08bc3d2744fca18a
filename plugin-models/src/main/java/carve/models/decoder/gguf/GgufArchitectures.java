package carve.models.decoder.gguf;

import static carve.models.decoder.gguf.SizeTraits.DENSE;
import static carve.models.decoder.gguf.SizeTraits.SIZES;
import static carve.models.decoder.gguf.SizeTraits.SIZES_BY_HIDDEN;
import static carve.models.decoder.gguf.SizeTraits.TIED;
import static carve.models.decoder.gguf.SizeTraits.UNTIED;
import static carve.models.decoder.gguf.SizeTraits.fixed;
import static carve.models.decoder.gguf.SizeTraits.layerNorm;
import static carve.models.decoder.gguf.SizeTraits.present;
import static carve.models.decoder.gguf.SizeTraits.presentOrOmitted;
import static carve.models.decoder.gguf.SizeTraits.rmsNorm;

import carve.api.decoder.DecoderNames;
import carve.api.decoder.ExpertNames;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The architectures of decoders in GGUF files, as llama.cpp defines them.
 *
 * <p>What llama.cpp does not read for an architecture is refused in a file, and a model that needs it is not written.
 */
final class GgufArchitectures {
    /** The names of tensors, which all architectures share. */
    static final DecoderNames NAMES = new DecoderNames(
            "token_embd",
            "position_embd",
            "blk.{i}.",
            "output_norm",
            "output",
            Map.ofEntries(
                    Map.entry("mixer_norm", "attn_norm"),
                    Map.entry("mixer_post_norm", "post_attention_norm"),
                    Map.entry("mlp_norm", "ffn_norm"),
                    Map.entry("mlp_post_norm", "post_ffw_norm"),
                    Map.entry("mixer.q_proj", "attn_q"),
                    Map.entry("mixer.k_proj", "attn_k"),
                    Map.entry("mixer.v_proj", "attn_v"),
                    Map.entry("mixer.o_proj", "attn_output"),
                    Map.entry("mixer.q_norm", "attn_q_norm"),
                    Map.entry("mixer.k_norm", "attn_k_norm"),
                    Map.entry("mlp.gate", "ffn_gate"),
                    Map.entry("mlp.up", "ffn_up"),
                    Map.entry("mlp.down", "ffn_down"),
                    Map.entry("mlp.router", "ffn_gate_inp")),
            List.of(),
            false,
            new ExpertNames.Separate("ffn_gate_exps", "ffn_up_exps", "ffn_down_exps"),
            0,
            List.of());

    private static final DecoderNames FUSED_ATTENTION =
            NAMES.fuse("attn_qkv", "mixer.q_proj", "mixer.k_proj", "mixer.v_proj");
    private static final DecoderNames FUSED_MLP = NAMES.fuse("ffn_up", "mlp.gate", "mlp.up");

    private static final DecoderNames MAMBA = NAMES.module("mixer:plain-mamba2.in_proj", "ssm_in")
            .module("mixer:plain-mamba2.conv1d", "ssm_conv1d")
            .module("mixer:plain-mamba2.dt_bias", "ssm_dt.bias")
            .module("mixer:plain-mamba2.A_log", "ssm_a")
            .module("mixer:plain-mamba2.D", "ssm_d")
            .module("mixer:plain-mamba2.norm", "ssm_norm")
            .module("mixer:plain-mamba2.out_proj", "ssm_out");

    private static final GgufTrait RMS = rmsNorm("rms_norm_eps");
    private static final GgufTrait ATTENTION_BIAS = presentOrOmitted("attention_bias", "blk.0.attn_q.bias");
    private static final GgufTrait MLP_BIAS = presentOrOmitted("mlp_bias", "blk.0.ffn_up.bias");

    private static final List<GgufArchitecture> ALL = List.of(
            new GgufArchitecture(
                            "llama",
                            "llama",
                            SIZES,
                            RMS,
                            RopeTraits.WHOLE,
                            ATTENTION_BIAS,
                            MLP_BIAS,
                            SizeTraits.MIXTRAL)
                    .withModelTypes(
                            r -> SizeTraits.experts(r.keys()) > 0 ? "mixtral" : "llama",
                            "llama",
                            "mistral",
                            "ministral",
                            "mixtral")
                    .withInterleaving()
                    .withFactors(RopeTraits.FREQUENCIES, RopeTraits.SHORT, RopeTraits.LONG),
            new GgufArchitecture("qwen2", "qwen2", SIZES_BY_HIDDEN, RMS, RopeTraits.WHOLE, DENSE),
            new GgufArchitecture("qwen3", "qwen3", SIZES, RMS, RopeTraits.WHOLE, DENSE),
            new GgufArchitecture("qwen3moe", "qwen3_moe", SIZES, RMS, RopeTraits.WHOLE, SizeTraits.QWEN3_EXPERTS),
            new GgufArchitecture("gemma", "gemma", SIZES, RMS, RopeTraits.WHOLE, TIED, DENSE).withShiftedNorms(),
            new GgufArchitecture(
                            "gemma2",
                            "gemma2",
                            SIZES,
                            RMS,
                            RopeTraits.WHOLE,
                            AttentionTraits.windows(4096, 2),
                            AttentionTraits.GEMMA2_CAPS,
                            AttentionTraits.queryFactor(46),
                            TIED,
                            DENSE)
                    .withShiftedNorms(),
            new GgufArchitecture(
                            "gemma3",
                            "gemma3_text",
                            SIZES,
                            RMS,
                            RopeTraits.GEMMA3,
                            AttentionTraits.windows(0, 6),
                            AttentionTraits.GEMMA3_CAPS,
                            AttentionTraits.queryFactor(62),
                            DENSE)
                    .withShiftedNorms(),
            new GgufArchitecture(
                            "phi3",
                            "phi3",
                            SIZES_BY_HIDDEN,
                            RMS,
                            RopeTraits.PARTIAL,
                            AttentionTraits.WINDOW_OF_ALL,
                            DENSE)
                    .withNames(FUSED_ATTENTION.fuse("ffn_up", "mlp.gate", "mlp.up"))
                    .withFactors(RopeTraits.SHORT, RopeTraits.LONG),
            new GgufArchitecture(
                            "granite",
                            "granite",
                            SIZES,
                            RMS,
                            RopeTraits.WHOLE,
                            ATTENTION_BIAS,
                            MLP_BIAS,
                            AttentionTraits.GRANITE,
                            DENSE)
                    .withInterleaving()
                    .withFactors(RopeTraits.FREQUENCIES, RopeTraits.SHORT, RopeTraits.LONG),
            new GgufArchitecture(
                            "granitehybrid",
                            "granitemoehybrid",
                            HybridTraits.SIZES,
                            RMS,
                            HybridTraits.ROPE,
                            HybridTraits.ATTENTION_BIAS,
                            HybridTraits.MAMBA,
                            AttentionTraits.GRANITE_FACTORS,
                            DENSE)
                    .withNames(MAMBA)
                    .withInterleaving()
                    .withFactors(RopeTraits.FREQUENCIES),
            new GgufArchitecture("smollm3", "smollm3", SIZES, RMS, RopeTraits.WHOLE, DENSE).withInterleaving(),
            new GgufArchitecture(
                            "olmo2",
                            "olmo2",
                            SIZES_BY_HIDDEN,
                            RMS,
                            RopeTraits.OLMO,
                            AttentionTraits.windowsOrNone(4),
                            UNTIED,
                            DENSE)
                    .withModelTypes(r -> AttentionTraits.window(r) > 0 ? "olmo3" : "olmo2", "olmo2", "olmo3"),
            new GgufArchitecture(
                            "glm4",
                            "glm4",
                            SIZES,
                            RMS,
                            RopeTraits.PARTIAL,
                            present("attention_bias", "blk.0.attn_q.bias"),
                            DENSE)
                    .withNames(FUSED_MLP),
            new GgufArchitecture(
                    "starcoder2",
                    "starcoder2",
                    SIZES_BY_HIDDEN,
                    layerNorm("norm_epsilon"),
                    RopeTraits.WHOLE,
                    fixed("use_bias", true),
                    DENSE),
            new GgufArchitecture(
                    "stablelm",
                    "stablelm",
                    SIZES_BY_HIDDEN,
                    layerNorm("layer_norm_eps"),
                    RopeTraits.PARTIAL,
                    present("use_qkv_bias", "blk.0.attn_q.bias"),
                    SizeTraits.absent("use_parallel_residual", "blk.0.ffn_norm.weight"),
                    SizeTraits.ignored("use_parallel_residual"), // llama.cpp goes by the norm, too
                    UNTIED,
                    DENSE),
            new GgufArchitecture(
                            "gptneox",
                            "gpt_neox",
                            SIZES_BY_HIDDEN,
                            layerNorm("layer_norm_eps"),
                            RopeTraits.partial("rotary_emb_base", "rotary_pct"),
                            AttentionTraits.PARALLEL,
                            UNTIED,
                            DENSE)
                    .withNames(FUSED_ATTENTION),
            new GgufArchitecture("gpt2", "gpt2", SizeTraits.GPT2_SIZES, layerNorm("layer_norm_epsilon"), DENSE)
                    .withNames(FUSED_ATTENTION),
            new GgufArchitecture(
                    "command-r",
                    "cohere",
                    SIZES_BY_HIDDEN,
                    layerNorm("layer_norm_eps"),
                    RopeTraits.WHOLE,
                    AttentionTraits.LOGIT_FACTOR,
                    AttentionTraits.COHERE_NORMS,
                    TIED,
                    DENSE),
            new GgufArchitecture(
                            "nemotron",
                            "nemotron",
                            SIZES_BY_HIDDEN,
                            layerNorm("norm_eps"),
                            RopeTraits.PARTIAL,
                            ATTENTION_BIAS,
                            MLP_BIAS,
                            UNTIED,
                            DENSE)
                    .withShiftedNorms());

    private GgufArchitectures() {}

    /** Returns the names of all architectures. */
    static List<String> names() {
        return ALL.stream().map(GgufArchitecture::name).toList();
    }

    /** Returns the {@code model_type}s of models that are written. */
    static List<String> modelTypes() {
        return ALL.stream().flatMap(one -> one.modelTypes().stream()).sorted().toList();
    }

    /** Returns the architecture of this name, if there is one. */
    static Optional<GgufArchitecture> named(String name) {
        return ALL.stream().filter(one -> one.name().equals(name)).findFirst();
    }

    /** Returns the architecture that models of a {@code model_type} are written as, if there is one. */
    static Optional<GgufArchitecture> ofModelType(String type) {
        return ALL.stream().filter(one -> one.modelTypes().contains(type)).findFirst();
    }
}
