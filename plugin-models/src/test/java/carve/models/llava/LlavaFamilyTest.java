package carve.models.llava;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.checkpoint.NameMap;
import carve.api.config.MapSettings;
import carve.api.device.ReferenceDevice;
import carve.api.json.Json;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import carve.api.mixer.MixerCatalog;
import carve.api.model.LayerPlan;
import carve.api.model.LoadedModel;
import carve.api.model.MixerSpec;
import carve.api.model.ModelFamily;
import carve.api.model.ModelSpec;
import carve.api.param.ParamSpec;
import carve.runtime.convert.Conversion;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import carve.testkit.FamilyContract;
import carve.testkit.Fixture;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LlavaFamilyTest {
    /** The laws of families on one checkpoint. */
    abstract static class OnCheckpoint extends FamilyContract {
        private final String name;

        OnCheckpoint(String name) {
            this.name = name;
        }

        @Override
        protected ModelFamily family() {
            return TinyModels.FAMILY;
        }

        @Override
        protected MixerCatalog mixers() {
            return TinyModels.mixers();
        }

        @Override
        protected Path folder() {
            return TinyModels.folder(name);
        }
    }

    @Nested
    final class Teacher extends OnCheckpoint {
        Teacher() {
            super(TinyModels.TEACHER);
        }
    }

    @Nested
    final class Student extends OnCheckpoint {
        Student() {
            super(TinyModels.STUDENT);
        }
    }

    private static LayerPlan plan(String... mixers) {
        return new LayerPlan(Stream.of(mixers).map(MixerSpec::of).toList());
    }

    private static ModelSpec quarter(ModelSpec teacher) {
        return TinyModels.FAMILY.studentSpec(
                teacher, plan("mamba-in-llama", "keep", "keep", "keep"), TinyModels.mixers());
    }

    /** Converting by plan gives the official files, the second byte for byte. */
    @Test
    void convertedConfigurationIsOfficial() throws IOException {
        Map<String, byte[]> files = TinyModels.FAMILY.configFiles(
                quarter(TinyModels.spec(TinyModels.TEACHER)).config());
        assertEquals(new TreeSet<>(List.of("config.json", "mamba_config.json")), new TreeSet<>(files.keySet()));
        assertArrayEquals(
                Files.readAllBytes(TinyModels.folder(TinyModels.STUDENT).resolve("mamba_config.json")),
                files.get("mamba_config.json"));
        JsonObject official =
                Json.readObject(TinyModels.folder(TinyModels.STUDENT).resolve("config.json"));
        assertEquals(
                official,
                Json.parseObject(new String(files.get("config.json"), StandardCharsets.UTF_8), "config.json"));
    }

    /** The initialisation {@code kqvo} takes the weights of attention that the official one takes, bit for bit. */
    @Test
    void seedIsTheOfficialInitialisation(@TempDir Path temporary) {
        try (ReferenceDevice device = new ReferenceDevice();
                Fixture official = Fixture.open(TinyModels.STUDENT + "/init_with_kqvo");
                ModelFolder teacher = ModelFolder.open(
                        TinyModels.folder(TinyModels.TEACHER), List.of(TinyModels.FAMILY), TinyModels.mixers())) {
            Conversion.of(teacher, plan("mamba-in-llama", "keep", "keep", "keep"), TinyModels.mixers(), device, 42)
                    .save(temporary.resolve("student"), _ -> {});
            try (ModelFolder student = ModelFolder.open(
                            temporary.resolve("student"), List.of(TinyModels.FAMILY), TinyModels.mixers());
                    LoadedModel model = student.load(device, WeightPrecision.F32)) {
                assertEquals(
                        TinyModels.config(TinyModels.STUDENT), student.spec().config());
                String mamba = "language_model.model.layers.0.mamba.";
                float[] in = official.floats(mamba + "in_proj.weight");
                for (String part : List.of("x", "B", "C")) {
                    int row = 64 * (1 + List.of("x", "B", "C").indexOf(part));
                    assertArrayEquals(
                            Arrays.copyOfRange(in, row * 64, (row + 64) * 64),
                            model.params()
                                    .get("layers.0.mixer.in_proj." + part + ".weight")
                                    .floats(),
                            part);
                }
                for (String name : List.of("out_proj.weight", "D", "norm.weight")) {
                    assertArrayEquals(
                            official.floats(mamba + name),
                            model.params().get("layers.0.mixer." + name).floats(),
                            name);
                }
                assertWithin(official.floats(mamba + "A_log"), 0, Math.log(16));
                assertWithin(model.params().get("layers.0.mixer.A_log").floats(), 0, Math.log(16));
                assertWithin(
                        model.params().get("layers.0.mixer.in_proj.z.weight").floats(), -0.125, 0.125);
                assertWithin(model.params().get("layers.0.mixer.conv1d.weight").floats(), -0.5, 0.5);
            }
        }
    }

    private static void assertWithin(float[] values, double least, double greatest) {
        for (float value : values) {
            assertEquals(Math.clamp(value, least, greatest), value);
        }
    }

    /** Settings without a key in the official file are written beside it and read again; weights keep the official names. */
    @Test
    void otherStudentsAreListed() {
        MixerSpec rounded = new MixerSpec(
                "mamba-in-llama",
                MapSettings.of(Map.of("state", "f16", "init", "kqvo-identity")).asTree());
        MixerSpec keep = MixerSpec.of(MixerSpec.KEEP);
        ModelSpec student = TinyModels.FAMILY.studentSpec(
                TinyModels.spec(TinyModels.TEACHER),
                new LayerPlan(List.of(keep, rounded, keep, keep)),
                TinyModels.mixers());
        assertEquals(
                List.of("config.json"),
                List.copyOf(TinyModels.FAMILY.configFiles(student.config()).keySet()));
        ModelSpec read = TinyModels.FAMILY.spec(student.config(), TinyModels.mixers());
        assertEquals(
                student.layers().get(1).mixer().stateBytes(1, 9),
                read.layers().get(1).mixer().stateBytes(1, 9));
        assertEquals(
                "language_model.model.layers.1.mamba.in_proj.weight",
                TinyModels.FAMILY.names(read).checkpointName("layers.1.mixer.in_proj.z.weight"));
    }

    /** Biases have a word in the official file. */
    @Test
    void biasIsOfficial() {
        MixerSpec biased = new MixerSpec(
                "mamba-in-llama", MapSettings.of(Map.of("bias", true)).asTree());
        MixerSpec keep = MixerSpec.of(MixerSpec.KEEP);
        ModelSpec student = TinyModels.FAMILY.studentSpec(
                TinyModels.spec(TinyModels.TEACHER),
                new LayerPlan(List.of(biased, keep, biased, keep)),
                TinyModels.mixers());
        assertEquals(true, student.config().object("mamba_config").flag("is_bias"));
        assertEquals(
                student.parameters().stream().map(ParamSpec::name).toList(),
                TinyModels.FAMILY.spec(student.config(), TinyModels.mixers()).parameters().stream()
                        .map(ParamSpec::name)
                        .toList());
    }

    /** The published models' numbers of tensors, of values, and of values that are trained. */
    @Test
    void countsOfPublishedModelsAgree() {
        ModelSpec teacher = TinyModels.FAMILY.spec(PublishedShapes.config(), TinyModels.mixers());
        assertCounts(3_217_417_280L, 9_507_840, teacher);
        assertCounts(3_244_082_624L, 141_071_744, PublishedShapes.student(teacher, 0, 6, 12, 18));
        assertCounts(3_270_747_968L, 272_635_648, PublishedShapes.student(teacher, 0, 4, 8, 12, 16, 20, 24, 28));
        int[] half = IntStream.range(0, 16).map(i -> 2 * i).toArray();
        assertCounts(3_324_078_656L, 535_763_456, PublishedShapes.student(teacher, half));
    }

    private static void assertCounts(long values, long trained, ModelSpec spec) {
        NameMap names = TinyModels.FAMILY.names(spec);
        assertEquals(
                905,
                names.checkpointNames().stream()
                        .filter(name -> !name.endsWith("inv_freq"))
                        .count());
        assertEquals(
                values,
                Stream.concat(spec.parameters().stream(), spec.extraTensors().stream())
                        .mapToLong(parameter -> parameter.shape().size())
                        .sum());
        TreeSet<String> mixers = new TreeSet<>();
        for (int i = 0; i < spec.layers().size(); i++) {
            if (spec.layers().get(i).mixerSpec().name().equals("mamba-in-llama")) {
                mixers.add("layers." + i + ".mixer.");
            }
        }
        assertEquals(
                trained,
                spec.parameters().stream()
                        .filter(param -> param.name().startsWith("input.connector.")
                                || mixers.stream().anyMatch(param.name()::startsWith))
                        .mapToLong(param -> param.shape().size())
                        .sum());
    }

    /** A picture takes 728 positions, so a prompt of 100 tokens with one takes 827; states take what the paper's do. */
    @Test
    void positionsAndStatesOfPublishedModelsAgree() {
        ModelSpec teacher = TinyModels.FAMILY.spec(PublishedShapes.config(), TinyModels.mixers());
        ModelSpec student = PublishedShapes.student(teacher, 0);
        assertEquals(728, ((LlavaInputEncoder) teacher.input()).visionTower().features());
        assertEquals(32L * 2 * 2560 * Float.BYTES, teacher.stateBytes(1, 1));
        assertEquals(
                4L * (7680 * 3 + 32 * 80 * 80),
                student.layers().getFirst().mixer().stateBytes(1, 1));
    }

    @Test
    void fileOfPublishedStudentHasItsSize() {
        ModelSpec teacher = TinyModels.FAMILY.spec(PublishedShapes.config(), TinyModels.mixers());
        ModelSpec student = PublishedShapes.student(teacher, 0, 4, 8, 12, 16, 20, 24, 28);
        assertEquals(668, TinyModels.FAMILY.configFiles(student.config()).get("mamba_config.json").length);
    }

    @Test
    void contradictionsAreRefused() {
        JsonObject student = TinyModels.config(TinyModels.STUDENT);
        JsonObject mamba = student.object("mamba_config");
        assertRefused(
                "mamba_config.json: n_layer: is 5, but by config.json it is 4",
                student.with("mamba_config", mamba.with("n_layer", 5)));
        assertRefused(
                "mamba_config.json: ssm_cfg.d_state: is 16, but by config.json it is 32",
                student.with(
                        "mamba_config",
                        mamba.with("ssm_cfg", mamba.object("ssm_cfg").with("d_state", 16))));
        assertRefused(
                "config.json: hidden_size: is 65, but the parts of the model have 64", student.with("hidden_size", 65));
        assertRefused(
                "config.json: connector_type: 'resampler' is not supported; there are mlp1x_gelu, mlp2x_gelu and so on",
                student.with("connector_type", "resampler"));
        assertRefused(
                "config.json: vision_feature_layer: is 4, but the tower has 3 layers",
                student.with("vision_feature_layer", 4));
        assertRefused(
                "config.json: vision_feature_select_strategy: no strategy 'cls'; there are cls_patch, patch",
                student.with("vision_feature_select_strategy", "cls"));
    }

    private static void assertRefused(String message, JsonObject config) {
        JsonException e = assertThrows(JsonException.class, () -> TinyModels.FAMILY.spec(config, TinyModels.mixers()));
        String folder = TinyModels.folder(TinyModels.STUDENT) + "/";
        assertEquals(message, e.getMessage().replace(folder, ""));
    }
}
