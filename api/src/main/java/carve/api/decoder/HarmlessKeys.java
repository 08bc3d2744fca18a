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

    // what they ask for where they are true; false, or empty, they ask for nothing
    private static final Set<String> OFF = Set.of(
            "add_cross_attention",
            "attention_bias",
            "is_encoder_decoder",
            "lm_head_bias",
            "mlp_bias",
            "pruned_heads",
            "qk_layernorm",
            "rope_interleaved",
            "tie_encoder_decoder",
            "use_bidirectional_attention",
            "use_mrope",
            "use_qk_norm",
            "use_sliding_window");

    private static final Map<String, String> REASONS = table();

    private HarmlessKeys() {}

    private static Map<String, String> table() {
        Map<String, String> keys = new TreeMap<>();
        put(keys, DESCRIPTION, """
                model_type architectures transformers_version _name_or_path auto_map _commit_hash name_or_path
                _model_name_or_path is_llama_config license finetuning_task is_decoder transformers.js_config
                unsloth_version unsloth_fixed mlx_version""");
        put(keys, TRAINING, """
                initializer_range initializer_factor init_method neftune_noise_alpha gradient_checkpointing attention_dropout
                hidden_dropout hidden_dropout_prob resid_pdrop embd_pdrop attn_pdrop residual_dropout
                embedding_dropout router_aux_loss_coef router_z_loss_coef router_jitter_noise aux_loss_alpha
                seq_aux z_loss_coefficient ep_size rescale_prenorm_residual time_step_floor time_step_max
                time_step_init_scheme layer_scale_init_value""");
        put(keys, OUTPUTS, """
                use_cache output_attentions output_hidden_states output_router_logits output_past return_dict
                num_logits_to_keep torchscript chunk_size_feed_forward""");
        put(keys, TOKENS, """
                bos_token_id eos_token_id pad_token_id sep_token_id unk_token_id cls_token_id mask_token_id
                decoder_start_token_id tokenizer_class model_max_length prefix ignore_index""");
        put(keys, GENERATION, """
                max_length min_length max_new_tokens do_sample early_stopping num_beams num_beam_groups
                temperature top_k top_p typical_p repetition_penalty length_penalty diversity_penalty
                no_repeat_ngram_size encoder_no_repeat_ngram_size bad_words_ids num_return_sequences
                suppress_tokens begin_suppress_tokens forced_bos_token_id forced_eos_token_id
                remove_invalid_values exponential_decay_length_penalty output_scores return_dict_in_generate
                cache_implementation task_specific_params""");
        put(keys, STORAGE, """
                torch_dtype dtype bf16 fp16 use_bfloat16 tf_legacy_loss pretraining_tp quantization_config carve
                _attn_implementation _attn_implementation_autoset attn_implementation _flash_attn_2_enabled
                use_flash_attn use_mamba_kernels use_mambapy use_associative_scan use_mem_eff_path
                mamba_ssm_cache_dtype""");
        put(keys, COMPUTATION, "reorder_and_upcast_attn residual_in_fp32 chunk_size mamba_chunk_size");
        put(keys, CLASSIFICATION, """
                problem_type id2label label2id num_labels _num_labels classifier_dropout summary_type
                summary_use_proj summary_activation summary_proj_to_labels summary_first_dropout""");
        return Collections.unmodifiableMap(keys);
    }

    private static void put(Map<String, String> keys, String reason, String names) {
        for (String name : names.split("\\s+")) {
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
