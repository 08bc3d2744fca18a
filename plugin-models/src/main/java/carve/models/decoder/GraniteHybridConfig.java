package carve.models.decoder;

import carve.api.json.JsonArray;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import carve.api.mixer.LayerConfig;
import carve.api.model.Mlp;
import carve.api.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The {@code config.json} of {@code granitemoehybrid} without experts, for students of Llama-like teachers. */
final class GraniteHybridConfig {
    static final String TYPE = "granitemoehybrid";

    private static final String CONV = "conv1d.weight";

    private GraniteHybridConfig() {}

    /**
     * Returns the configuration of a student.
     *
     * @param mamba which layers have Mamba-2
     * @param groups G, of B and C
     * @param shapes of one such layer's parameters
     */
    static JsonObject of(DecoderConfig teacher, List<Boolean> mamba, int groups, Map<String, Shape> shapes) {
        LayerConfig dims = teacher.dims();
        int inner = dims.heads() * dims.headWidth();
        JsonObject sized = teacher.json()
                .without("sliding_window")
                .without("layers_block_type")
                .with("model_type", TYPE)
                .with("architectures", new JsonArray(List.of(new JsonString("GraniteMoeHybridForCausalLM"))))
                .with("layer_types", types(mamba))
                .with("shared_intermediate_size", intermediate(teacher))
                .with("num_local_experts", 0)
                .with("num_experts_per_tok", 0)
                .with("position_embedding_type", "rope")
                .with("mamba_n_heads", dims.heads())
                .with("mamba_d_head", dims.headWidth())
                .with("mamba_n_groups", groups)
                .with("mamba_d_state", (shapes.get(CONV).extent(0) - inner) / (2 * groups))
                .with("mamba_d_conv", shapes.get(CONV).extent(2))
                .with("mamba_expand", Math.max(1, inner / teacher.hidden()))
                .with("mamba_conv_bias", shapes.containsKey("conv1d.bias"))
                .with("mamba_proj_bias", false);
        return factors(sized, dims.headWidth());
    }

    private static JsonArray types(List<Boolean> mamba) {
        List<JsonValue> types = new ArrayList<>();
        mamba.forEach(one -> types.add(new JsonString(one ? "linear_attention" : "full_attention")));
        return new JsonArray(types);
    }

    private static int intermediate(DecoderConfig teacher) {
        return teacher.spec().layers().getFirst().feedForward() instanceof Mlp mlp ? mlp.intermediate() : 0;
    }

    private static JsonObject factors(JsonObject config, int width) {
        Map<String, Double> factors = Map.of(
                "embedding_multiplier", 1.0,
                "residual_multiplier", 1.0,
                "logits_scaling", 1.0,
                "attention_multiplier", 1 / Math.sqrt(width));
        JsonObject all = config;
        for (String name : factors.keySet().stream().sorted().toList()) {
            all = all.has(name) ? all : all.with(name, JsonNumber.of(factors.get(name)));
        }
        return all;
    }
}
