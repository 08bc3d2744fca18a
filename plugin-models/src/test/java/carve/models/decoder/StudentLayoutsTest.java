package carve.models.decoder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.config.MapSettings;
import carve.api.config.SettingsException;
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
        Map<String, Object> all = new HashMap<>(Map.of("conv-width", 4, "conv-bias", true, "norm-epsilon", 0.0));
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
        return FAMILY.studentSpec(
                FAMILY.spec(teacher, MIXERS), new LayerPlan(List.of(MixerSpec.of("keep"), mamba(settings))), MIXERS);
    }

    private static Map<String, Object> with(String key, Object value) {
        Map<String, Object> settings = new HashMap<>(FITTING);
        settings.put(key, value);
        return settings;
    }

    private static List<String> problems(JsonObject teacher, MixerSpec... layers) {
        return FAMILY.formatProblems(FAMILY.spec(teacher, MIXERS), new LayerPlan(List.of(layers)), MIXERS);
    }

    private static MixerSpec mamba(Map<String, Object> settings) {
        return new MixerSpec("plain-mamba2", MapSettings.of(settings, "plan").asTree());
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

    /** The gated norm has the model's epsilon if the plan says nothing else. */
    @Test
    void anyEpsilonOfTheTeacherFits() {
        ModelSpec student = student(teacher(3e-6), FITTING);
        assertEquals("granitemoehybrid", written(student).string("model_type"));
        assertOpensAgain(student);
    }

    @Test
    void whatStandsInTheWayIsNamed() {
        MixerSpec keep = MixerSpec.of("keep");
        JsonObject teacher = teacher(1e-5);
        assertEquals(List.of(), problems(teacher, keep, mamba(FITTING)));
        assertEquals(List.of(), problems(teacher, keep, keep));
        assertEquals(
                List.of("layers.1: norm-epsilon: 1.0E-6; the layout would have 1.0E-5"),
                problems(teacher, keep, mamba(with("norm-epsilon", 1e-6))));
        assertEquals(
                List.of(
                        "layers.1: state-width: 5; the layout would have 6",
                        "layers.1: conv1d.bias: (64); the layout would have (72)",
                        "layers.1: conv1d.weight: (64, 1, 4); the layout would have (72, 1, 4)",
                        "layers.1: in_proj.weight: (92, 24); the layout would have (100, 24)"),
                problems(teacher, mamba(FITTING), mamba(with("state-width", 5))));
        assertEquals(
                List.of("mlp_bias: true; the layout has no biases of feed-forward parts"),
                problems(teacher.with("mlp_bias", true), keep, mamba(FITTING)));
        assertEquals(
                List.of("model_type: 'qwen2'; students of granite, llama, mistral have the layout"),
                problems(teacher.with("model_type", "qwen2"), keep, mamba(FITTING)));
    }

    private static ModelSpec student(String format, Map<String, Object> settings) {
        LayerPlan plan = new LayerPlan(List.of(MixerSpec.of("keep"), mamba(settings)), format);
        return FAMILY.studentSpec(FAMILY.spec(teacher(1e-5), MIXERS), plan, MIXERS);
    }

    @Test
    void theFormatCanBeAskedFor() {
        assertEquals(
                "granitemoehybrid",
                written(student("granitemoehybrid", FITTING)).string("model_type"));
        ModelSpec own = student("carve", FITTING);
        assertEquals("carve_hybrid", written(own).string("model_type"));
        assertOpensAgain(own);
        assertEquals(
                "format: granitemoehybrid: layers.1: norm-epsilon: 1.0E-6; the layout would have 1.0E-5",
                assertThrows(SettingsException.class, () -> student("granitemoehybrid", with("norm-epsilon", 1e-6)))
                        .getMessage());
    }

    @Test
    void whatDoesNotFitIsNoLlama() {
        for (ModelSpec student : List.of(
                student(teacher(1e-6), with("norm-epsilon", 1e-5)),
                student(teacher(1e-5), with("norm-groups", 1)),
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
        JsonObject old = student(teacher(1e-6), with("norm-epsilon", 1e-5)).config();
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
