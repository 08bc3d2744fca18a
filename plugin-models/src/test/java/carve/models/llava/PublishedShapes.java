package carve.models.llava;

import carve.api.json.JsonObject;
import carve.api.model.LayerPlan;
import carve.api.model.MixerSpec;
import carve.api.model.ModelSpec;
import java.util.Arrays;
import java.util.stream.IntStream;

/** The shapes of TinyLLaVA-Phi-2-SigLIP-3.1B and of the MaTVLMs made of it. */
final class PublishedShapes {
    private PublishedShapes() {}

    static JsonObject config() {
        return JsonObject.empty()
                .with("model_type", "tinyllava")
                .with("connector_type", "mlp2x_gelu")
                .with("hidden_size", 2560)
                .with("vision_hidden_size", 1152)
                .with("vocab_size", 51_200)
                .with("image_token_index", -200)
                .with("vision_feature_layer", -2)
                .with("vision_feature_select_strategy", "patch")
                .with("image_aspect_ratio", "square")
                .with(
                        "text_config",
                        JsonObject.empty()
                                .with("model_type", "phi")
                                .with("hidden_size", 2560)
                                .with("intermediate_size", 10_240)
                                .with("num_hidden_layers", 32)
                                .with("partial_rotary_factor", 0.4)
                                .with("resid_pdrop", 0.1)
                                .with("vocab_size", 51_200))
                .with(
                        "vision_config",
                        JsonObject.empty()
                                .with("model_type", "siglip_vision_model")
                                .with("hidden_size", 1152)
                                .with("image_size", 384)
                                .with("intermediate_size", 4304)
                                .with("num_attention_heads", 16)
                                .with("num_hidden_layers", 27)
                                .with("patch_size", 14));
    }

    static ModelSpec student(ModelSpec teacher, int... layers) {
        LayerPlan plan = new LayerPlan(IntStream.range(0, 32)
                .mapToObj(i ->
                        MixerSpec.of(Arrays.stream(layers).anyMatch(l -> l == i) ? "mamba-in-llama" : MixerSpec.KEEP))
                .toList());
        return TinyModels.FAMILY.studentSpec(teacher, plan, TinyModels.mixers());
    }
}
