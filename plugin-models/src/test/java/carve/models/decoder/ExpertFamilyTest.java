package carve.models.decoder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.checkpoint.TensorSource;
import carve.api.json.Json;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import carve.api.mixer.MixerCatalog;
import carve.api.model.ModelSpec;
import carve.api.param.Selector;
import carve.api.tensor.DType;
import carve.mamba2.PlainMamba2Provider;
import carve.models.OfficialMixers;
import carve.runtime.memory.InferenceCost;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.QuantisationConfig;
import carve.runtime.model.QuantisationMix;
import carve.testkit.Fixture;
import carve.testkit.RandomModelContract;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Decoders with experts, made small and at random. */
final class ExpertFamilyTest {
    // of the checkout, whatever folder the others are read from
    private static final Path QWEN2_MOE = Path.of("..", "fixtures", "families", "qwen2_moe");
    private static final DecoderFamily FAMILY = new DecoderFamily();

    private static MixerCatalog mixers() {
        return OfficialMixers.bothAttentionsAnd(new PlainMamba2Provider());
    }

    private static JsonObject config(String json) {
        return Json.parseObject(json, "config.json");
    }

    private static final String MIXTRAL = """
            {"model_type": "mixtral", "hidden_size": 32, "intermediate_size": 24, "num_hidden_layers": 2,
             "num_attention_heads": 4, "num_key_value_heads": 2, "num_local_experts": 4, "num_experts_per_tok": 2,
             "vocab_size": 11, "max_position_embeddings": 64}
            """;
    private static final String GPT_OSS = """
            {"model_type": "gpt_oss", "hidden_size": 24, "intermediate_size": 16, "num_hidden_layers": 2,
             "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 6, "num_local_experts": 4,
             "num_experts_per_tok": 2, "vocab_size": 11, "max_position_embeddings": 64, "sliding_window": 3,
             "rope_parameters": {"rope_type": "default", "rope_theta": 150000.0}}
            """;
    private static final String GRANITE = """
            {"model_type": "granitemoeshared", "hidden_size": 32, "intermediate_size": 24, "num_hidden_layers": 2,
             "num_attention_heads": 4, "num_local_experts": 4, "num_experts_per_tok": 2, "vocab_size": 11,
             "shared_intermediate_size": 20, "max_position_embeddings": 64}
            """;
    private static final String DEEPSEEK = """
            {"model_type": "deepseek_v3", "hidden_size": 24, "intermediate_size": 40, "moe_intermediate_size": 8,
             "num_hidden_layers": 2, "first_k_dense_replace": 1, "num_attention_heads": 4, "num_key_value_heads": 4, "n_routed_experts": 8,
             "num_experts_per_tok": 2, "n_shared_experts": 2, "n_group": 4, "topk_group": 2, "q_lora_rank": 10,
             "kv_lora_rank": 12, "qk_nope_head_dim": 8, "qk_rope_head_dim": 6, "v_head_dim": 10, "vocab_size": 11,
             "max_position_embeddings": 64, "num_nextn_predict_layers": 1}
            """;

    /** The laws of families on one kind. */
    abstract static class OnKind extends RandomModelContract {
        OnKind(String json) {
            super(FAMILY, ExpertFamilyTest.mixers(), DType.F32, config(json));
        }
    }

    @Nested
    final class Mixtral extends OnKind {
        Mixtral() {
            super(MIXTRAL);
        }
    }

    @Nested
    final class GptOss extends OnKind {
        GptOss() {
            super(GPT_OSS);
        }
    }

    @Nested
    final class Granite extends OnKind {
        Granite() {
            super(GRANITE);
        }
    }

    @Nested
    final class DeepSeek extends OnKind {
        DeepSeek() {
            super(DEEPSEEK);
        }
    }

    @Test
    void layersThatPredictFurtherTokensAreKept() {
        ModelSpec spec = FAMILY.spec(config(DEEPSEEK), mixers());
        Set<String> kept = FAMILY.names(spec).keptNames();
        for (String name : List.of("eh_proj.weight", "mlp.experts.7.up_proj.weight", "self_attn.kv_b_proj.weight")) {
            assertTrue(kept.contains("model.layers.2." + name), name);
        }
        assertTrue(kept.stream().noneMatch(name -> name.startsWith("model.layers.1.mlp")), kept::toString);
    }

    private static void refuses(String json, String key, String value, String problem) {
        JsonObject changed = config(json).with(key, Json.parse(value, "test"));
        JsonException refusal = assertThrows(JsonException.class, () -> FAMILY.spec(changed, mixers()));
        assertTrue(refusal.getMessage().contains(key + ": " + problem), refusal.getMessage());
    }

    @Test
    void whatIsNotComputedIsRefusedByName() {
        refuses(DEEPSEEK, "scoring_func", "\"softmax\"", "'softmax' is not supported, only 'sigmoid'");
        refuses(DEEPSEEK, "topk_method", "\"greedy\"", "'greedy' is not supported, only 'noaux_tc'");
        refuses(DEEPSEEK, "moe_layer_freq", "2", "2 is not supported, only 1");
        refuses(DEEPSEEK, "n_group", "3", "3 groups do not divide 8 experts");
        refuses(MIXTRAL, "num_experts", "5", "is 5, and num_local_experts 4");
        refuses(GPT_OSS, "hidden_act", "\"gelu\"", "'gelu' is not supported, only 'silu'");
    }

    private static QuantisationConfig q8() {
        return new QuantisationConfig(
                QuantisationMix.of("q8_0"), Map.of(), Selector.of(QuantisationConfig.UNQUANTISED));
    }

    @Test
    void expertsAreQuantisedAndRoutersAreNot(@TempDir Path temporary) {
        Path out = temporary.resolve("q8");
        try (ModelFolder folder = open(QWEN2_MOE)) {
            folder.save(q8(), out);
        }
        try (ModelFolder written = open(out)) {
            TensorSource tensors = written.tensors();
            assertEquals(
                    DType.Q8_0, tensors.type("layers.0.mlp.experts.gate.weight").dtype());
            assertEquals(
                    DType.Q8_0, tensors.type("layers.0.mlp.shared.up.weight").dtype());
            assertEquals(DType.F32, tensors.type("layers.0.mlp.router.weight").dtype());
            assertEquals(
                    DType.F32, tensors.type("layers.0.mlp.shared_gate.weight").dtype());
            // rows of 16, no whole block
            assertEquals(
                    DType.F32, tensors.type("layers.0.mlp.experts.down.weight").dtype());
        }
    }

    private static ModelFolder open(Path folder) {
        return ModelFolder.open(folder, List.of(FAMILY), mixers());
    }

    @Test
    void columnsOfExpertsStayAsTheyAre(@TempDir Path temporary) {
        Path out = temporary.resolve("q8");
        try (ModelFolder folder = open(Fixture.folder().resolve("families/gpt_oss"))) {
            folder.save(new QuantisationConfig(QuantisationMix.of("bf16"), Map.of(), Selector.of(List.of())), out);
        }
        try (ModelFolder written = open(out)) {
            assertEquals(
                    DType.F32,
                    written.checkpoint()
                            .type("model.layers.0.mlp.experts.gate_up_proj")
                            .dtype());
            assertEquals(
                    DType.BF16,
                    written.checkpoint()
                            .type("model.layers.0.self_attn.q_proj.weight")
                            .dtype());
        }
    }

    @Test
    void aDecodingStepReadsTheChosenExperts() {
        try (ModelFolder folder = open(QWEN2_MOE)) {
            InferenceCost cost = InferenceCost.of(folder, 64);
            long state = folder.spec().layers().getFirst().mixer().stateBytes(1, 65);
            InferenceCost.LayerCost sparse = cost.layers().get(0);
            InferenceCost.LayerCost dense = cost.layers().get(1);
            long experts = 4L * 5 * 3 * 16 * 32;
            assertEquals(sparse.weightBytes() - experts * 3 / 5 + state, sparse.bytesPerDecodeStep());
            assertEquals(dense.weightBytes() + state, dense.bytesPerDecodeStep());
        }
    }
}
