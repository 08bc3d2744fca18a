package carve.models.decoder.gguf;

import carve.api.json.Json;
import carve.api.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.Map;

/** Configurations of small decoders, one or more of each kind that GGUF files can have. */
final class SmallDecoders {
    private static final String COMMON = """
            {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 4, "num_attention_heads": 4,
             "num_key_value_heads": 2, "head_dim": 8, "vocab_size": 11, "max_position_embeddings": 64}""";

    private static final String GRANITE_HYBRID =
            "{'model_type': 'granitemoehybrid', 'num_local_experts': 0, 'num_experts_per_tok': 0, 'shared_intermediate_size': 64,"
                    + " 'embedding_multiplier': 12.0, 'attention_multiplier': 0.05,"
                    + " 'residual_multiplier': 0.22, 'logits_scaling': 8.0, 'mamba_d_head': 8, 'mamba_d_state': 5,"
                    + " 'mamba_d_conv': 4, 'layer_types': ['linear_attention', 'full_attention', 'linear_attention',"
                    + " 'full_attention'], ";

    private SmallDecoders() {}

    /** Returns the configurations by what messages call them. */
    static Map<String, JsonObject> all() {
        Map<String, JsonObject> all = new LinkedHashMap<>();
        put(all, "llama", "{'model_type': 'llama', 'rope_theta': 5000.0, 'attention_bias': true, 'mlp_bias': true}");
        put(all, "llama tied", "{'model_type': 'llama', 'tie_word_embeddings': true}");
        put(all, "llama linear", "{'model_type': 'llama', 'rope_scaling': {'type': 'linear', 'factor': 3.0}}");
        put(
                all,
                "llama 3",
                "{'model_type': 'llama', 'rope_scaling': {'rope_type': 'llama3', 'factor': 8.0, 'low_freq_factor': 1.0,"
                        + " 'high_freq_factor': 4.0, 'original_max_position_embeddings': 32}}");
        put(
                all,
                "llama yarn",
                "{'model_type': 'llama', 'rope_theta': 100.0, 'rope_scaling': {'rope_type': 'yarn', 'factor': 4.0, 'attention_factor': 1.5,"
                        + " 'original_max_position_embeddings': 16}}");
        put(all, "mistral", "{'model_type': 'mistral', 'sliding_window': null}");
        put(all, "mixtral", "{'model_type': 'mixtral', 'num_local_experts': 4, 'num_experts_per_tok': 2}");
        put(all, "qwen2", "{'model_type': 'qwen2', 'rope_theta': 1000000.0}");
        put(all, "qwen3", "{'model_type': 'qwen3', 'head_dim': 16}");
        put(
                all,
                "qwen3moe",
                "{'model_type': 'qwen3_moe', 'num_experts': 4, 'num_experts_per_tok': 2, 'moe_intermediate_size': 16,"
                        + " 'norm_topk_prob': true, 'decoder_sparse_step': 1, 'mlp_only_layers': []}");
        put(all, "gemma", "{'model_type': 'gemma', 'head_dim': 16}");
        put(all, "gemma2", "{'model_type': 'gemma2', 'sliding_window': 4, 'query_pre_attn_scalar': 8}");
        put(
                all,
                "gemma3",
                "{'model_type': 'gemma3_text', 'sliding_window': 4, 'query_pre_attn_scalar': 8, 'rope_theta': 1000000.0,"
                        + " 'rope_local_base_freq': 5000.0, 'rope_scaling': {'rope_type': 'linear', 'factor': 8.0},"
                        + " 'final_logit_softcapping': 20.0, 'layer_types': ['sliding_attention', 'full_attention',"
                        + " 'sliding_attention', 'full_attention']}");
        put(all, "phi3", "{'model_type': 'phi3', 'sliding_window': null}");
        put(
                all,
                "phi3 longrope",
                "{'model_type': 'phi3', 'head_dim': 8, 'partial_rotary_factor': 0.75,"
                        + " 'original_max_position_embeddings': 8, 'rope_scaling': {'type': 'longrope',"
                        + " 'short_factor': [1.0, 1.5, 2.0], 'long_factor': [2.0, 3.0, 5.0]}}");
        put(
                all,
                "granite",
                "{'model_type': 'granite', 'embedding_multiplier': 12.0, 'attention_multiplier': 0.05,"
                        + " 'residual_multiplier': 0.22, 'logits_scaling': 8.0}");
        put(
                all,
                "granitehybrid",
                GRANITE_HYBRID
                        + "'mamba_n_heads': 8, 'mamba_n_groups': 2, 'mamba_expand': 2, 'position_embedding_type': 'rope'}");
        put(
                all,
                "granitehybrid with heads of zeros",
                GRANITE_HYBRID
                        + "'mamba_n_heads': 4, 'mamba_n_groups': 2, 'mamba_expand': 1, 'position_embedding_type': 'rope'}");
        put(
                all,
                "granitehybrid without positions",
                GRANITE_HYBRID
                        + "'mamba_n_heads': 4, 'mamba_n_groups': 4, 'mamba_expand': 1, 'position_embedding_type': null}");
        put(all, "smollm3", "{'model_type': 'smollm3', 'tie_word_embeddings': false}");
        put(all, "olmo2", "{'model_type': 'olmo2'}");
        put(
                all,
                "olmo3",
                "{'model_type': 'olmo3', 'sliding_window': 4, 'rope_theta': 100.0,"
                        + " 'rope_scaling': {'rope_type': 'yarn', 'factor': 8.0, 'original_max_position_embeddings': 16}}");
        put(all, "glm4", "{'model_type': 'glm4', 'attention_bias': true, 'partial_rotary_factor': 0.5}");
        put(all, "starcoder2", "{'model_type': 'starcoder2', 'sliding_window': null}");
        put(
                all,
                "stablelm",
                "{'model_type': 'stablelm', 'use_qkv_bias': true, 'use_parallel_residual': false,"
                        + " 'partial_rotary_factor': 0.5}");
        put(
                all,
                "stablelm parallel",
                "{'model_type': 'stablelm', 'use_parallel_residual': true, 'partial_rotary_factor': 0.5}");
        put(
                all,
                "gptneox",
                "{'model_type': 'gpt_neox', 'rotary_pct': 0.5, 'num_key_value_heads': 4, 'use_parallel_residual': true}");
        put(
                all,
                "gptneox in turn",
                "{'model_type': 'gpt_neox', 'rotary_pct': 0.5, 'num_key_value_heads': 4, 'use_parallel_residual': false}");
        all.put(
                "gpt2",
                parse(
                        "{'model_type': 'gpt2', 'n_embd': 32, 'n_head': 4, 'n_layer': 2, 'n_positions': 64, 'vocab_size': 11}"));
        put(all, "command-r", "{'model_type': 'cohere', 'logit_scale': 0.5}");
        put(
                all,
                "command-r plus",
                "{'model_type': 'cohere', 'hidden_size': 32, 'head_dim': 8, 'num_hidden_layers': 64, 'use_qk_norm': true}");
        put(all, "nemotron", "{'model_type': 'nemotron', 'partial_rotary_factor': 0.5, 'attention_bias': true}");
        return all;
    }

    private static JsonObject parse(String text) {
        return Json.parseObject(text.replace('\'', '"'), "config.json");
    }

    private static void put(Map<String, JsonObject> all, String name, String own) {
        JsonObject config = parse(COMMON);
        JsonObject changes = parse(own);
        for (String key : changes.keys()) {
            config = config.with(key, changes.value(key).orElseThrow());
        }
        all.put(name, config);
    }
}
