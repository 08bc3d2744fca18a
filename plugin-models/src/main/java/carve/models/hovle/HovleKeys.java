package carve.models.hovle;

import carve.api.decoder.ConfigReader;
import carve.api.json.JsonObject;

/** The keys of HoVLE's and mmMamba's configurations: what is not read, and what must be as it is. */
final class HovleKeys {
    private HovleKeys() {}

    /**
     * Requires that each key is read, changes nothing, or says what is computed anyway.
     *
     * @throws carve.api.json.JsonException if one is not
     */
    static void require(JsonObject json) {
        ConfigReader config = ConfigReader.of(json);
        config.ignore("downsample_ratio", "normalize_encoder_output", "template", "system_message");
        config.ignore("dynamic_image_size", "max_dynamic_patch");
        config.require("min_dynamic_patch", 1);
        config.require("use_thumbnail", true);
        config.require("pad2square", false);
        config.require("ps_version", "v2");
        config.require("use_backbone_lora", 0);
        config.require("use_llm_lora", 0);
        config.ignore("select_layer"); // of a vision tower, which there is not
        ConfigReader embedding = config.object("embedding_config");
        config.require("force_image_size", embedding.integer("image_size"));
        embedding(embedding, json);
        part(config.object("llm_config"));
        config.object("llm_config").require("tie_word_embeddings", false);
        config.requireAllRead();
    }

    private static void embedding(ConfigReader embedding, JsonObject json) {
        part(embedding);
        embedding.ignore("patch_size", "img_context_token_id", "llm_vocab_size", "special_token_maps");
        embedding.ignore("pixel_shuffle_loc", "use_pixel_shuffle_proj", "use_ls");
        // it has no output layer; the loss of its own pretraining
        embedding.ignore("tie_word_embeddings", "use_autoregressive_loss");
        embedding.require("num_channels", 3);
        embedding.require("use_img_start_end_tokens", true);
        embedding.require("llm_hidden_size", json.object("llm_config").integer("hidden_size"));
        double ratio = json.real("downsample_ratio");
        if (embedding.real("downsample_ratio", ratio) != ratio) {
            throw embedding.error("downsample_ratio", "is not that of the model, " + ratio);
        }
    }

    private static void part(ConfigReader part) {
        part.ignore("hidden_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "vocab_size");
        part.ignore("intermediate_size", "bias", "rms_norm_eps", "rope_theta", "rope_scaling", "layers_block_type");
        part.ignore("max_position_embeddings");
        part.require("hidden_act", "silu");
        part.require("attention_bias", false);
        part.require("mlp_bias", false);
    }
}
