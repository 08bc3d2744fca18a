package carve.bench;

import carve.api.json.JsonObject;
import carve.api.tensor.Shape;
import java.util.LinkedHashMap;
import java.util.Map;

/** Names and shapes of the published 2.6B HoVLE. */
final class HovleLayout implements ZeroWeightModel.Layout {
    private static final int HIDDEN = 2048;
    private static final int MIDDLE = 8192;
    private static final int VOCABULARY = 92_553;

    private final Map<String, Shape> shapes = new LinkedHashMap<>();

    @Override
    public Map<String, Shape> tensors() {
        String embedding = "embedding_model.";
        layers(embedding + "encoder.", 8);
        tensor(embedding + "llm_text_embeddings.weight", VOCABULARY, HIDDEN);
        tensor(embedding + "vision_embeddings.class_embedding", 1, 1, HIDDEN);
        tensor(embedding + "vision_embeddings.patch_embedding.weight", HIDDEN, 3, 14, 14);
        tensor(embedding + "vision_embeddings.patch_embedding.bias", HIDDEN);
        tensor(embedding + "vision_embeddings.position_embedding", 1, 1025, HIDDEN);
        tensor(embedding + "pixel_shuffle_proj.0.weight", HIDDEN, 4 * HIDDEN);
        tensor(embedding + "pixel_shuffle_proj.0.bias", HIDDEN);
        tensor(embedding + "pixel_shuffle_proj.2.weight", HIDDEN, HIDDEN);
        tensor(embedding + "pixel_shuffle_proj.2.bias", HIDDEN);
        layers("language_model.model.layers.", 24);
        tensor("language_model.model.tok_embeddings.weight", VOCABULARY, HIDDEN);
        tensor("language_model.model.norm.weight", HIDDEN);
        tensor("language_model.output.weight", VOCABULARY, HIDDEN);
        return shapes;
    }

    private void layers(String prefix, int count) {
        for (int i = 0; i < count; i++) {
            String layer = prefix + i + ".";
            tensor(layer + "attention.wqkv.weight", 2 * HIDDEN, HIDDEN);
            tensor(layer + "attention.wo.weight", HIDDEN, HIDDEN);
            tensor(layer + "attention_norm.weight", HIDDEN);
            tensor(layer + "ffn_norm.weight", HIDDEN);
            tensor(layer + "feed_forward.w1.weight", MIDDLE, HIDDEN);
            tensor(layer + "feed_forward.w2.weight", HIDDEN, MIDDLE);
            tensor(layer + "feed_forward.w3.weight", MIDDLE, HIDDEN);
        }
    }

    private void tensor(String name, int... extents) {
        shapes.put(name, Shape.of(extents));
    }

    @Override
    public JsonObject config() {
        return JsonObject.empty()
                .with("model_type", "internvl_chat")
                .with("template", "internlm2-chat")
                .with("downsample_ratio", 0.5)
                .with("force_image_size", 448)
                .with("max_dynamic_patch", 12)
                .with("normalize_encoder_output", false)
                .with(
                        "embedding_config",
                        part(8).with("model_type", "holistic_embedding")
                                .with("image_size", 448)
                                .with("patch_size", 14)
                                .with("img_context_token_id", 92_546)
                                .with("llm_vocab_size", VOCABULARY)
                                .with("pixel_shuffle_loc", "pre")
                                .with("use_pixel_shuffle_proj", true))
                .with("llm_config", part(24).with("model_type", "internlm2").with("vocab_size", VOCABULARY));
    }

    private static JsonObject part(int layers) {
        return JsonObject.empty()
                .with("hidden_size", HIDDEN)
                .with("num_hidden_layers", layers)
                .with("num_attention_heads", 16)
                .with("num_key_value_heads", 8)
                .with("intermediate_size", MIDDLE)
                .with("rms_norm_eps", 1e-5)
                .with("rope_theta", 1e6)
                .with("max_position_embeddings", 32_768);
    }
}
