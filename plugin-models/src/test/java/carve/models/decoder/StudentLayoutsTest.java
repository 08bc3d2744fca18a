package carve.models.decoder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.config.MapSettings;
import carve.api.json.Json;
import carve.api.json.JsonObject;
import carve.api.mixer.MixerCatalog;
import carve.api.model.LayerPlan;
import carve.api.model.MixerSpec;
import carve.api.model.ModelSpec;
import carve.mamba2.PlainMamba2Provider;
import carve.models.OfficialMixers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A student is saved as an architecture that others run if it is one, and else as what none mistakes for its teacher. */
final class StudentLayoutsTest {
    private static final DecoderFamily FAMILY = new DecoderFamily();
    private static final MixerCatalog MIXERS = OfficialMixers.attentionAnd(new PlainMamba2Provider())
            .withDefaults(
                    "plain-mamba2", MapSettings.of(defaults(), "reference.conf").asTree());
    private static final Map<String, Object> FITTING = Map.of("groups", "heads", "state-width", 0, "norm-groups", 0);

    private static Map<String, Object> defaults() {
        Map<String, Object> all = new HashMap<>(Map.of("conv-width", 4, "conv-bias", true, "norm-epsilon", 1e-5));
        all.putAll(Map.of("groups", "kv-heads", "state-width", 128, "norm-groups", 1));
        all.putAll(Map.of("min-step", 0.0, "max-step", "Infinity", "init", "random"));
        return all;
    }

    private static JsonObject teacher(double epsilon) {
        return JsonObject.empty()
                .with("model_type", "llama")
                .with("hidden_size", 24)
                .with("intermediate_size", 40)
                .with("num_hidden_layers", 2)
                .with("num_attention_heads", 4)
                .with("num_key_value_heads", 2)
                .with("vocab_size", 11)
                .with("rms_norm_eps", epsilon);
    }

    private static ModelSpec student(JsonObject teacher, Map<String, Object> settings) {
        MixerSpec mamba =
                new MixerSpec("plain-mamba2", MapSettings.of(settings, "plan").asTree());
        return FAMILY.studentSpec(
                FAMILY.spec(teacher, MIXERS), new LayerPlan(List.of(MixerSpec.of("keep"), mamba)), MIXERS);
    }

    private static JsonObject written(ModelSpec student) {
        byte[] file = FAMILY.configFiles(student.config()).get("config.json");
        return (JsonObject) Json.parse(new String(file, StandardCharsets.UTF_8), "config.json");
    }

    private static List<String> shapes(ModelSpec spec) {
        return spec.parameters().stream()
                .map(param -> param.name() + " " + param.shape())
                .toList();
    }

    private static void assertOpensAgain(ModelSpec student) {
        JsonObject file = written(student);
        assertTrue(FAMILY.supports(file));
        ModelSpec read = FAMILY.spec(FAMILY.completeConfig(Path.of("student"), file), MIXERS);
        assertEquals(shapes(student), shapes(read));
        assertEquals(FAMILY.names(student).checkpointNames(), FAMILY.names(read).checkpointNames());
    }

    @Test
    void mamba2OfEachHeadIsGraniteMoeHybrid() {
        ModelSpec student = student(teacher(1e-5), FITTING);
        JsonObject file = written(student);
        assertEquals("granitemoehybrid", file.string("model_type"));
        assertEquals(List.of("full_attention", "linear_attention"), file.strings("layer_types"));
        assertEquals(4, file.integer("mamba_n_groups"));
        assertEquals(6, file.integer("mamba_d_state"));
        assertOpensAgain(student);
        assertTrue(FAMILY.names(student).checkpointNames().contains("model.layers.1.mamba.in_proj.weight"));
    }

    @Test
    void whatDoesNotFitIsNoLlama() {
        Map<String, Object> wrongGroups = new HashMap<>(FITTING);
        wrongGroups.put("norm-groups", 1);
        for (ModelSpec student : List.of(
                student(teacher(1e-6), FITTING), // the gated norm has 1e-5
                student(teacher(1e-5), wrongGroups),
                student(teacher(1e-5).with("mlp_bias", true), FITTING),
                student(teacher(1e-5).with("attention_bias", true), FITTING))) {
            JsonObject file = written(student);
            assertEquals("carve_hybrid", file.string("model_type"));
            assertEquals(List.of("CarveHybridForCausalLM"), file.strings("architectures"));
            assertEquals("llama", file.object("base_config").string("model_type"));
            assertOpensAgain(student);
        }
    }

    /** Folders from before have the list of mixers beside the teacher's keys. */
    @Test
    void oldFoldersOpen() {
        JsonObject old = student(teacher(1e-6), FITTING).config();
        assertFalse(CarveHybrid.base(old).isPresent());
        assertEquals(
                "plain-mamba2",
                FAMILY.spec(FAMILY.completeConfig(Path.of("student"), old), MIXERS)
                        .layers()
                        .get(1)
                        .mixerSpec()
                        .name());
    }
}
