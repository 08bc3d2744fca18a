package carve.api.decoder;

import carve.api.json.JsonBoolean;
import carve.api.json.JsonNull;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The keys of a {@code config.json} that never change what a model computes, each with the reason. */
public final class HarmlessKeys {
    private static final String DESCRIPTION = "describes the model, or the programs that wrote it";
    private static final String TRAINING = "is used in training from scratch only";
    private static final String OUTPUTS = "selects what a forward pass returns beside logits";
    private static final String TOKENS = "is about tokens, and read with the tokenizer and for generation";
    private static final String GENERATION = "is a default of generation";
    private static final String STORAGE = "is about how the checkpoint is stored or run";
    private static final String COMPUTATION = "is about the precision and order of operations, not about their result";
    private static final String CLASSIFICATION =
            "is about classification heads, which are not part of a language model";

    // of the base class of all configurations; they are harmless as long as they are false, or empty
    private static final Set<String> OFF =
            Set.of("is_encoder_decoder", "add_cross_attention", "tie_encoder_decoder", "pruned_heads");

    private static final Map<String, String> REASONS = table();

    private HarmlessKeys() {}

    private static Map<String, String> table() {
        Map<String, String> keys = new TreeMap<>();
        put(keys, DESCRIPTION, "model_type", "architectures", "transformers_version", "_name_or_path", "auto_map");
        put(keys, DESCRIPTION, "_commit_hash", "name_or_path", "license", "finetuning_task", "is_decoder");
        put(keys, DESCRIPTION, "transformers.js_config", "unsloth_version", "unsloth_fixed", "mlx_version");
        put(keys, TRAINING, "initializer_range", "attention_dropout", "hidden_dropout", "resid_pdrop", "embd_pdrop");
        put(keys, TRAINING, "attn_pdrop", "residual_dropout", "embedding_dropout", "initializer_factor");
        put(
                keys,
                TRAINING,
                "router_aux_loss_coef",
                "router_jitter_noise",
                "aux_loss_alpha",
                "seq_aux",
                "z_loss_coefficient");
        put(keys, TRAINING, "rescale_prenorm_residual", "time_step_floor", "time_step_max", "time_step_init_scheme");
        put(keys, TRAINING, "router_z_loss_coef", "ep_size", "layer_scale_init_value", "output_router_logits");
        put(keys, OUTPUTS, "use_cache", "output_attentions", "output_hidden_states", "return_dict");
        put(keys, OUTPUTS, "num_logits_to_keep", "torchscript", "chunk_size_feed_forward");
        put(keys, TOKENS, "bos_token_id", "eos_token_id", "pad_token_id", "sep_token_id", "decoder_start_token_id");
        put(keys, TOKENS, "tokenizer_class", "prefix", "ignore_index", "unk_token_id", "cls_token_id", "mask_token_id");
        put(keys, GENERATION, "max_length", "min_length", "do_sample", "early_stopping", "num_beams", "temperature");
        put(keys, GENERATION, "top_k", "top_p", "typical_p", "repetition_penalty", "length_penalty", "max_new_tokens");
        put(keys, GENERATION, "num_beam_groups", "diversity_penalty", "no_repeat_ngram_size", "task_specific_params");
        put(
                keys,
                GENERATION,
                "encoder_no_repeat_ngram_size",
                "bad_words_ids",
                "num_return_sequences",
                "suppress_tokens");
        put(
                keys,
                GENERATION,
                "return_dict_in_generate",
                "forced_bos_token_id",
                "forced_eos_token_id",
                "remove_invalid_values");
        put(
                keys,
                GENERATION,
                "exponential_decay_length_penalty",
                "begin_suppress_tokens",
                "output_scores",
                "cache_implementation");
        put(keys, STORAGE, "torch_dtype", "dtype", "_attn_implementation", "_attn_implementation_autoset");
        put(
                keys,
                STORAGE,
                "attn_implementation",
                "use_bfloat16",
                "tf_legacy_loss",
                "pretraining_tp",
                "quantization_config");
        put(keys, STORAGE, "_flash_attn_2_enabled", "use_flash_attn", "use_mamba_kernels", "use_mambapy", "carve");
        put(keys, COMPUTATION, "reorder_and_upcast_attn", "residual_in_fp32", "chunk_size", "mamba_chunk_size");
        put(keys, STORAGE, "use_associative_scan", "use_mem_eff_path", "mamba_ssm_cache_dtype", "bf16", "fp16");
        put(keys, CLASSIFICATION, "problem_type", "id2label", "label2id", "num_labels", "classifier_dropout");
        put(keys, CLASSIFICATION, "summary_type", "summary_use_proj", "summary_activation", "summary_proj_to_labels");
        put(keys, CLASSIFICATION, "summary_first_dropout");
        return Collections.unmodifiableMap(keys);
    }

    private static void put(Map<String, String> keys, String reason, String... names) {
        for (String name : names) {
            keys.put(name, reason);
        }
    }

    /** Returns whether a key never changes what a model computes. */
    public static boolean contains(String key) {
        return REASONS.containsKey(key);
    }

    /** Returns whether a key with a value never changes what a decoder computes; null never does. */
    static boolean contains(String key, JsonValue value) {
        return value instanceof JsonNull
                || contains(key)
                || OFF.contains(key) && (value.equals(new JsonBoolean(false)) || value.equals(JsonObject.empty()));
    }

    /** Returns the keys with their reasons, sorted. */
    public static Map<String, String> reasons() {
        return REASONS;
    }
}
