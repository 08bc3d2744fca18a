package carve.models.llava;

import carve.api.decoder.ConfigReader;
import carve.api.json.JsonObject;

/** The keys of TinyLLaVA's configurations beside the decoder's: what is not read, and what must be as it is. */
final class LlavaKeys {
    private LlavaKeys() {}

    /**
     * Requires that each key is read, changes nothing, or says what is computed anyway.
     *
     * @throws carve.api.json.JsonException if one is not
     */
    static void require(JsonObject json) {
        ConfigReader config = ConfigReader.of(json);
        config.ignore("text_config", "mamba_config", "connector_type", "hidden_size", "vocab_size");
        config.ignore("image_aspect_ratio", "image_token_index", "system_message", "template");
        config.ignore("vision_feature_layer", "vision_feature_select_strategy", "vision_hidden_size");
        names(config);
        config.requireAbsent("num_queries", "connectors of other kinds");
        config.requireAbsent("num_resampler_layers", "connectors of other kinds");
        config.requireAbsent("resampler_hidden_size", "connectors of other kinds");
        ConfigReader vision = config.object("vision_config");
        vision.ignore("hidden_act", "hidden_size", "image_size", "intermediate_size", "layer_norm_eps", "patch_size");
        vision.ignore("num_attention_heads", "num_hidden_layers", "model_name_or_path", "model_name_or_path2");
        vision.ignore("projection_dim"); // of CLIP's comparison with texts
        vision.require("num_channels", 3);
        vision.require("vision_use_head", true);
        config.requireAllRead();
    }

    // where parts came from, what of them was trained, and the tokenizer, which is read on its own
    private static void names(ConfigReader config) {
        config.ignore("cache_dir", "hybrid_model_name_or_path", "llm_model_name_or_path", "pad_token");
        config.ignore("vision_model_name_or_path", "vision_model_name_or_path2", "tune_vision_tower_from_layer");
        config.ignore("tune_type_connector", "tune_type_llm", "tune_type_vision_tower");
        config.ignore("tokenizer_model_max_length", "tokenizer_name_or_path", "tokenizer_padding_side");
        config.ignore("tokenizer_use_fast", "tokenizer_config", "image_processor", "use_cache");
    }
}
