package carve.models.hovle;

import carve.api.checkpoint.NameMap;
import carve.api.checkpoint.NameRule;
import carve.api.checkpoint.NameRule.Part;
import carve.api.mixer.LayerConfig;
import carve.api.model.Block;
import carve.api.model.ModelSpec;
import carve.api.param.ParamSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The official checkpoint layouts of HoVLE and mmMamba: attention's projections interleaved by group in {@code
 * attention.wqkv}, Mamba-2's concatenated in {@code attention.wvkqgdt}. Parameters of any other mixer are under {@code
 * attention.} with their own names.
 */
final class HovleTensorNames {
    private static final Set<String> ATTENTION =
            Set.of("q_proj.weight", "k_proj.weight", "v_proj.weight", "o_proj.weight");
    private static final Set<String> MAMBA2 = Set.of(
            "q_proj.weight",
            "k_proj.weight",
            "v_proj.weight",
            "g_proj.weight",
            "in_proj.weight",
            "conv1d.weight",
            "conv1d.bias",
            "A_log_bias",
            "dt_bias",
            "g_norm.weight",
            "o_proj.weight");

    private HovleTensorNames() {}

    static NameMap of(ModelSpec spec, int embeddingLayers, boolean packed) {
        List<NameRule> rules = new ArrayList<>();
        input(rules, spec);
        for (int i = 0; i < spec.layers().size(); i++) {
            String checkpoint = i < embeddingLayers
                    ? "embedding_model.encoder." + i
                    : "language_model.model.layers." + (i - embeddingLayers);
            layer(
                    rules,
                    checkpoint + ".",
                    ModelSpec.layerPrefix(i) + ".",
                    spec.layers().get(i),
                    packed);
        }
        rules.add(NameRule.rename("language_model.model.norm.weight", "final_norm.weight"));
        rules.add(NameRule.rename("language_model.output.weight", "output.weight"));
        spec.extraTensors().forEach(carried -> rules.add(NameRule.keep(carried.name())));
        return NameMap.of(rules);
    }

    private static void input(List<NameRule> rules, ModelSpec spec) {
        String model = "embedding_model.";
        String vision = model + "vision_embeddings.";
        rules.add(NameRule.rename(model + "llm_text_embeddings.weight", "input.tokens.weight"));
        if (spec.input().parameters().stream()
                .anyMatch(parameter -> parameter.name().equals("special.weight"))) {
            rules.add(NameRule.rename(model + "special_text_embeddings.weight", "input.special.weight"));
        }
        rules.add(NameRule.rename(vision + "patch_embedding.weight", "input.patch.weight"));
        rules.add(NameRule.rename(vision + "patch_embedding.bias", "input.patch.bias"));
        rules.add(NameRule.rename(vision + "position_embedding", "input.position"));
        for (String name : List.of("0.weight", "0.bias", "2.weight", "2.bias")) {
            rules.add(NameRule.rename(model + "pixel_shuffle_proj." + name, "input.projector." + name));
        }
    }

    private static void layer(List<NameRule> rules, String checkpoint, String model, Block block, boolean packed) {
        rules.add(NameRule.rename(checkpoint + "attention_norm.weight", model + "mixer_norm.weight"));
        rules.add(NameRule.rename(checkpoint + "ffn_norm.weight", model + "mlp_norm.weight"));
        rules.add(NameRule.rename(checkpoint + "feed_forward.w1.weight", model + "mlp.gate.weight"));
        rules.add(NameRule.rename(checkpoint + "feed_forward.w3.weight", model + "mlp.up.weight"));
        rules.add(NameRule.rename(checkpoint + "feed_forward.w2.weight", model + "mlp.down.weight"));
        mixer(rules, checkpoint + "attention.", model + "mixer.", block, packed);
    }

    private static void mixer(List<NameRule> rules, String checkpoint, String model, Block block, boolean packed) {
        Set<String> names =
                block.mixer().parameters().stream().map(ParamSpec::name).collect(Collectors.toSet());
        if (packed && names.equals(ATTENTION)) {
            attention(rules, checkpoint, model, block.config());
        } else if (packed && names.equals(MAMBA2)) {
            mamba2(rules, checkpoint, model, block.config());
        } else {
            names.stream().sorted().forEach(name -> rules.add(NameRule.rename(checkpoint + name, model + name)));
        }
    }

    private static void attention(List<NameRule> rules, String checkpoint, String model, LayerConfig dims) {
        int width = dims.headWidth();
        rules.add(NameRule.interleaved(
                checkpoint + "wqkv.weight",
                dims.kvHeads(),
                new Part(model + "q_proj.weight", dims.heads() / dims.kvHeads() * width),
                new Part(model + "k_proj.weight", width),
                new Part(model + "v_proj.weight", width)));
        rules.add(NameRule.rename(checkpoint + "wo.weight", model + "o_proj.weight"));
    }

    private static void mamba2(List<NameRule> rules, String checkpoint, String model, LayerConfig dims) {
        int width = dims.heads() * dims.headWidth();
        int kvWidth = dims.kvHeads() * dims.headWidth();
        rules.add(NameRule.concatenated(
                checkpoint + "wvkqgdt.weight",
                new Part(model + "v_proj.weight", kvWidth),
                new Part(model + "k_proj.weight", kvWidth),
                new Part(model + "q_proj.weight", width),
                new Part(model + "g_proj.weight", width),
                new Part(model + "in_proj.weight", dims.heads())));
        rules.add(NameRule.rename(checkpoint + "g_norm_swish_gate.weight", model + "g_norm.weight"));
        for (String name : List.of("conv1d.weight", "conv1d.bias", "A_log_bias", "dt_bias", "o_proj.weight")) {
            rules.add(NameRule.rename(checkpoint + name, model + name));
        }
    }
}
