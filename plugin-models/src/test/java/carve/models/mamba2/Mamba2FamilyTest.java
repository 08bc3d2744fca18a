package carve.models.mamba2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.json.Json;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import carve.api.mixer.MixerCatalog;
import carve.api.model.ActivationRecorder;
import carve.api.model.LoadedModel;
import carve.api.model.ModelInputs;
import carve.api.model.ModelSpec;
import carve.api.tensor.DType;
import carve.api.tensor.Scope;
import carve.mamba2.PlainMamba2Provider;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import carve.testkit.RandomModelContract;
import carve.testkit.TensorValues;
import carve.testkit.TestMixerCatalog;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Models of Mamba-2 in both layouts, made small and at random; and the extents of published ones. */
final class Mamba2FamilyTest {
    private static final Mamba2Family FAMILY = new Mamba2Family();

    private static MixerCatalog mixers() {
        return TestMixerCatalog.of(new PlainMamba2Provider())
                .withDefaults("plain-mamba2", carve.models.OfficialMixers.plainMamba2());
    }

    private static final String HUGGING_FACE = """
            {"architectures": ["Mamba2ForCausalLM"], "model_type": "mamba2", "hidden_size": 12, "num_hidden_layers": 2,
             "vocab_size": 11, "num_heads": 4, "head_dim": 6, "n_groups": 2, "state_size": 5, "expand": 2, "conv_kernel": 4,
             "use_bias": false, "use_conv_bias": true, "hidden_act": "silu", "layer_norm_epsilon": 1e-05, "rms_norm": true,
             "chunk_size": 256, "residual_in_fp32": true, "time_step_limit": [0.0, Infinity], "tie_word_embeddings": true}
            """;

    private static final String STATE_SPACES = """
            {"d_model": 12, "d_intermediate": 0, "n_layer": 2, "vocab_size": 11,
             "ssm_cfg": {"layer": "Mamba2", "headdim": 6, "ngroups": 2, "d_state": 5}, "attn_layer_idx": [], "attn_cfg": {},
             "rms_norm": true, "residual_in_fp32": true, "fused_add_norm": true, "pad_vocab_size_multiple": 16,
             "tie_embeddings": true}
            """;

    private static JsonObject json(String text) {
        return Json.parseObject(text, "");
    }

    /** The laws of families, and agreement with the definition, on one layout. */
    abstract static class OnLayout extends RandomModelContract {
        OnLayout(JsonObject config) {
            super(FAMILY, Mamba2FamilyTest.mixers(), DType.F32, config);
        }

        /** Logits are those of the definition, far beyond what one wrong index would leave. */
        @Test
        void logitsAreThoseOfTheDefinition() {
            int[] tokens = {1, 5, 2, 2, 7, 3, 4, 0, 10, 9, 8, 1, 1};
            try (ModelFolder folder = ModelFolder.open(folder(), List.of(FAMILY), mixers());
                    Device device = new ReferenceDevice();
                    LoadedModel model = folder.load(device, WeightPrecision.F32)) {
                Mamba2Config read = Mamba2Config.of(folder.spec().config());
                ReferenceMamba2 referenceMamba2 = new ReferenceMamba2(
                        folder.checkpoint(), read.format().tokens(), read.ssmDims(), read.hidden(), read.layers());
                double[] expected = Arrays.stream(referenceMamba2.logits(tokens))
                        .flatMapToDouble(Arrays::stream)
                        .toArray();
                Scope.run(device, () -> {
                    double[] actual = TensorValues.of(
                            model.model().forward(model.params(), ModelInputs.text(tokens), ActivationRecorder.NONE));
                    assertEquals(expected.length, actual.length);
                    double error = 0;
                    double square = 0;
                    for (int i = 0; i < expected.length; i++) {
                        error += Math.pow(actual[i] - expected[i], 2);
                        square += Math.pow(expected[i], 2);
                    }
                    double ratio = Math.sqrt(error / square);
                    assertTrue(ratio < 1e-5, () -> "distance to the definition " + ratio);
                });
            }
        }
    }

    @Nested
    final class HuggingFace extends OnLayout {
        HuggingFace() {
            super(json(HUGGING_FACE));
        }
    }

    @Nested
    final class StateSpaces extends OnLayout {
        StateSpaces() {
            super(json(STATE_SPACES));
        }
    }

    /** A head of its own, projections with biases, bounds of time steps, in BF16. */
    @Nested
    final class Untied extends RandomModelContract {
        Untied() {
            super(
                    FAMILY,
                    Mamba2FamilyTest.mixers(),
                    DType.BF16,
                    json(HUGGING_FACE
                            .replace("\"tie_word_embeddings\": true", "\"tie_word_embeddings\": false")
                            .replace("\"use_bias\": false", "\"use_bias\": true")
                            .replace("Infinity", "0.5")));
        }
    }

    private static TreeSet<String> names(String config) {
        return new TreeSet<>(FAMILY.names(FAMILY.spec(json(config), mixers())).checkpointNames().stream()
                .filter(name -> !name.startsWith("backbone.layers.0."))
                .toList());
    }

    /** Names are the official ones; layers of both layouts have the same. */
    @Test
    void namesAreOfficial() {
        String layer = "backbone.layers.1.";
        List<String> common = List.of(
                "backbone.norm_f.weight",
                "lm_head.weight",
                layer + "mixer.A_log",
                layer + "mixer.D",
                layer + "mixer.conv1d.bias",
                layer + "mixer.conv1d.weight",
                layer + "mixer.dt_bias",
                layer + "mixer.in_proj.weight",
                layer + "mixer.norm.weight",
                layer + "mixer.out_proj.weight",
                layer + "norm.weight");
        TreeSet<String> expected = new TreeSet<>(common);
        expected.add("backbone.embeddings.weight");
        assertEquals(expected, names(HUGGING_FACE));
        expected.remove("backbone.embeddings.weight");
        expected.add("backbone.embedding.weight");
        assertEquals(expected, names(STATE_SPACES));
    }

    private static long parameters(int width, int layers) {
        ModelSpec spec = FAMILY.spec(json("""
                {"d_model": %d, "n_layer": %d, "vocab_size": 50277, "ssm_cfg": {"layer": "Mamba2"}, "rms_norm": true,
                 "residual_in_fp32": true, "fused_add_norm": true, "pad_vocab_size_multiple": 16, "tie_embeddings": true}
                """.formatted(width, layers)), mixers());
        assertEquals(50_288, spec.vocabulary());
        return spec.parameters().stream()
                .mapToLong(param -> param.shape().size())
                .sum();
    }

    /** The published configurations make models of the published sizes. */
    @Test
    void publishedModelsHaveTheirParameters() {
        assertEquals(128_989_632, parameters(768, 24), "mamba2-130m");
        assertEquals(368_346_624, parameters(1024, 48), "mamba2-370m");
    }

    @Test
    void whatIsNotComputedIsRefused() {
        assertRefused(
                "rms_norm: false is not supported", HUGGING_FACE.replace("\"rms_norm\": true", "\"rms_norm\": false"));
        assertRefused(
                "hidden_act: 'gelu' is not supported; there is silu", HUGGING_FACE.replace("\"silu\"", "\"gelu\""));
        assertRefused(
                "expand: 2.0 x 12 is not the inner width 30 of 5 heads of 6",
                HUGGING_FACE.replace(
                        "\"num_heads\": 4, \"head_dim\": 6, \"n_groups\": 2",
                        "\"num_heads\": 5, \"head_dim\": 6, \"n_groups\": 1"));
        assertRefused(
                "n_groups: 3 does not divide 4 heads", HUGGING_FACE.replace("\"n_groups\": 2", "\"n_groups\": 3"));
        assertRefused(
                "time_step_limit: expected two numbers, found [0.1]", HUGGING_FACE.replace("[0.0, Infinity]", "[0.1]"));
        assertRefused(
                "d_intermediate: is not supported, a layer is a mixer alone; expected 0",
                STATE_SPACES.replace("\"d_intermediate\": 0", "\"d_intermediate\": 8"));
        assertRefused(
                "attn_layer_idx: is not supported, every layer is Mamba-2; expected an empty list",
                STATE_SPACES.replace("\"attn_layer_idx\": []", "\"attn_layer_idx\": [1]"));
        assertRefused(
                "ssm_cfg.headdim: 7 does not divide the inner width 24",
                STATE_SPACES.replace("\"headdim\": 6", "\"headdim\": 7"));
    }

    private static void assertRefused(String message, String config) {
        assertEquals(
                message,
                assertThrows(JsonException.class, () -> FAMILY.spec(json(config), mixers()))
                        .getMessage());
    }
}
