package carve.models.hovle;

import carve.api.json.JsonObject;
import carve.api.model.LayerPlan;
import carve.api.model.MixerSpec;
import java.util.Set;
import java.util.stream.IntStream;

/** The shapes of the published 2.6B HoVLE. */
final class PublishedShapes {
    private PublishedShapes() {}

    static JsonObject config() {
        return JsonObject.empty()
                .with("model_type", "internvl_chat")
                .with("downsample_ratio", 0.5)
                .with("normalize_encoder_output", false)
                .with(
                        "embedding_config",
                        part(8).with("image_size", 448)
                                .with("patch_size", 14)
                                .with("img_context_token_id", 92_546)
                                .with("llm_vocab_size", 92_553)
                                .with("pixel_shuffle_loc", "pre")
                                .with("use_pixel_shuffle_proj", true))
                .with("llm_config", part(24).with("vocab_size", 92_553));
    }

    private static JsonObject part(int layers) {
        return JsonObject.empty()
                .with("hidden_size", 2048)
                .with("num_hidden_layers", layers)
                .with("num_attention_heads", 16)
                .with("num_key_value_heads", 8)
                .with("intermediate_size", 8192)
                .with("rms_norm_eps", 1e-5)
                .with("rope_theta", 1e6)
                .with("max_position_embeddings", 32_768);
    }

    static LayerPlan plan(Set<Integer> attention) {
        return new LayerPlan(IntStream.range(0, 32)
                .mapToObj(i -> MixerSpec.of(attention.contains(i) ? MixerSpec.KEEP : "mamba2"))
                .toList());
    }
}
