package carve.bench;

import carve.api.json.JsonObject;
import carve.api.tensor.Shape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Names and shapes of the published TinyLLaVA-Phi-2-SigLIP-3.1B, the teacher of MaTVLM. */
final class TinyLlavaLayout implements ZeroWeightModel.Layout {
    private static final int HIDDEN = 2560;
    private static final int MIDDLE = 10_240;
    private static final int VOCABULARY = 51_200;
    private static final int VISION = 1152;
    private static final int VISION_MIDDLE = 4304;
    private static final String TOWER = "vision_tower._vision_tower.vision_model.";

    private final Map<String, Shape> shapes = new LinkedHashMap<>();

    @Override
    public Map<String, Shape> tensors() {
        tensor("language_model.model.embed_tokens.weight", VOCABULARY, HIDDEN);
        for (int i = 0; i < 32; i++) {
            String layer = "language_model.model.layers." + i + ".";
            List.of("q_proj", "k_proj", "v_proj", "dense")
                    .forEach(name -> linear(layer + "self_attn." + name, HIDDEN, HIDDEN));
            linear(layer + "mlp.fc1", MIDDLE, HIDDEN);
            linear(layer + "mlp.fc2", HIDDEN, MIDDLE);
            norm(layer + "input_layernorm", HIDDEN);
        }
        norm("language_model.model.final_layernorm", HIDDEN);
        linear("language_model.lm_head", VOCABULARY, HIDDEN);
        tower();
        linear("connector._connector.0", HIDDEN, VISION);
        linear("connector._connector.2", HIDDEN, HIDDEN);
        return shapes;
    }

    private void tower() {
        tensor(TOWER + "embeddings.patch_embedding.weight", VISION, 3, 14, 14);
        tensor(TOWER + "embeddings.patch_embedding.bias", VISION);
        tensor(TOWER + "embeddings.position_embedding.weight", 729, VISION);
        for (int i = 0; i < 27; i++) {
            String layer = TOWER + "encoder.layers." + i + ".";
            List.of("q_proj", "k_proj", "v_proj", "out_proj")
                    .forEach(name -> linear(layer + "self_attn." + name, VISION, VISION));
            norm(layer + "layer_norm1", VISION);
            norm(layer + "layer_norm2", VISION);
            linear(layer + "mlp.fc1", VISION_MIDDLE, VISION);
            linear(layer + "mlp.fc2", VISION, VISION_MIDDLE);
        }
        norm(TOWER + "post_layernorm", VISION);
        tensor(TOWER + "head.probe", 1, 1, VISION);
        tensor(TOWER + "head.attention.in_proj_weight", 3 * VISION, VISION);
        tensor(TOWER + "head.attention.in_proj_bias", 3 * VISION);
        linear(TOWER + "head.attention.out_proj", VISION, VISION);
        norm(TOWER + "head.layernorm", VISION);
        linear(TOWER + "head.mlp.fc1", VISION_MIDDLE, VISION);
        linear(TOWER + "head.mlp.fc2", VISION, VISION_MIDDLE);
    }

    private void linear(String name, int outputs, int inputs) {
        tensor(name + ".weight", outputs, inputs);
        tensor(name + ".bias", outputs);
    }

    private void norm(String name, int width) {
        tensor(name + ".weight", width);
        tensor(name + ".bias", width);
    }

    private void tensor(String name, int... extents) {
        shapes.put(name, Shape.of(extents));
    }

    @Override
    public JsonObject config() {
        JsonObject text = JsonObject.empty()
                .with("model_type", "phi")
                .with("hidden_size", HIDDEN)
                .with("intermediate_size", MIDDLE)
                .with("num_hidden_layers", 32)
                .with("partial_rotary_factor", 0.4)
                .with("resid_pdrop", 0.1)
                .with("vocab_size", VOCABULARY);
        JsonObject vision = JsonObject.empty()
                .with("model_type", "siglip_vision_model")
                .with("hidden_size", VISION)
                .with("image_size", 384)
                .with("intermediate_size", VISION_MIDDLE)
                .with("num_attention_heads", 16)
                .with("num_hidden_layers", 27)
                .with("patch_size", 14);
        return JsonObject.empty()
                .with("model_type", "tinyllava")
                .with("connector_type", "mlp2x_gelu")
                .with("hidden_size", HIDDEN)
                .with("vision_hidden_size", VISION)
                .with("vocab_size", VOCABULARY)
                .with("image_token_index", -200)
                .with("vision_feature_layer", -2)
                .with("vision_feature_select_strategy", "patch")
                .with("image_aspect_ratio", "square")
                .with("text_config", text)
                .with("vision_config", vision);
    }
}
