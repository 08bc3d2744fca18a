package carve.models.llava;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.checkpoint.NameMap;
import carve.api.config.Json;
import carve.api.config.JsonException;
import carve.api.config.JsonObject;
import carve.api.config.MapSettings;
import carve.api.device.ReferenceDevice;
import carve.api.mixer.MixerCatalog;
import carve.api.model.Conversion;
import carve.api.model.LayerChoice;
import carve.api.model.LayerPlan;
import carve.api.model.LoadedModel;
import carve.api.model.ModelFamily;
import carve.api.model.ModelFolder;
import carve.api.model.ModelSpec;
import carve.api.model.Storage;
import carve.api.param.ParamSpec;
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
            return Tiny.FAMILY;
        }

        @Override
        protected MixerCatalog mixers() {
            return Tiny.mixers();
        }

        @Override
        protected Path folder() {
            return Tiny.folder(name);
        }
    }

    @Nested
    final class Teacher extends OnCheckpoint {
        Teacher() {
            super(Tiny.TEACHER);
        }
    }

    @Nested
    final class Student extends OnCheckpoint {
        Student() {
            super(Tiny.STUDENT);
        }
    }

    private static LayerPlan plan(String... mixers) {
        return new LayerPlan(Stream.of(mixers).map(LayerChoice::of).toList());
    }

    private static ModelSpec quarter(ModelSpec teacher) {
        return Tiny.FAMILY.convert(teacher, plan("mamba-in-llama", "keep", "keep", "keep"), Tiny.mixers());
    }

    /** Converting by plan gives the official files, the second byte for byte. */
    @Test
    void convertedConfigurationIsOfficial() throws IOException {
        Map<String, byte[]> files =
                Tiny.FAMILY.files(quarter(Tiny.spec(Tiny.TEACHER)).config());
        assertEquals(new TreeSet<>(List.of("config.json", "mamba_config.json")), new TreeSet<>(files.keySet()));
        assertArrayEquals(
                Files.readAllBytes(Tiny.folder(Tiny.STUDENT).resolve("mamba_config.json")),
                files.get("mamba_config.json"));
        JsonObject official = Json.readObject(Tiny.folder(Tiny.STUDENT).resolve("config.json"));
        assertEquals(
                official,
                Json.parseObject(new String(files.get("config.json"), StandardCharsets.UTF_8), "config.json"));
    }

    /** What the seed {@code kqvo} takes of attention is what the official initialisation takes, bit for bit. */
    @Test
    void seedIsTheOfficialInitialisation(@TempDir Path temporary) {
        try (ReferenceDevice device = new ReferenceDevice();
                Fixture official = Fixture.open(Tiny.STUDENT + "/init_with_kqvo");
                ModelFolder teacher =
                        ModelFolder.open(Tiny.folder(Tiny.TEACHER), List.of(Tiny.FAMILY), Tiny.mixers())) {
            Conversion.of(teacher, plan("mamba-in-llama", "keep", "keep", "keep"), Tiny.mixers(), device, 42)
                    .save(temporary.resolve("student"), _ -> {});
            try (ModelFolder student =
                            ModelFolder.open(temporary.resolve("student"), List.of(Tiny.FAMILY), Tiny.mixers());
                    LoadedModel model = student.load(device, Storage.F32)) {
                assertEquals(Tiny.config(Tiny.STUDENT), student.spec().config());
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

    /** What has no word in the official file is listed, and read again; the weights keep the official names. */
    @Test
    void otherStudentsAreListed() {
        LayerChoice rounded = new LayerChoice(
                "mamba-in-llama",
                MapSettings.of(Map.of("state", "f16", "seed", "kqvo-identity")).take());
        LayerChoice keep = LayerChoice.of(LayerChoice.KEEP);
        ModelSpec student = Tiny.FAMILY.convert(
                Tiny.spec(Tiny.TEACHER), new LayerPlan(List.of(keep, rounded, keep, keep)), Tiny.mixers());
        assertEquals(
                List.of("config.json"),
                List.copyOf(Tiny.FAMILY.files(student.config()).keySet()));
        ModelSpec read = Tiny.FAMILY.read(student.config(), Tiny.mixers());
        assertEquals(
                student.layers().get(1).mixer().stateBytes(1, 9),
                read.layers().get(1).mixer().stateBytes(1, 9));
        assertEquals(
                "language_model.model.layers.1.mamba.in_proj.weight",
                Tiny.FAMILY.names(read).checkpointName("layers.1.mixer.in_proj.z.weight"));
    }

    /** Biases have a word in the official file. */
    @Test
    void biasIsOfficial() {
        LayerChoice biased = new LayerChoice(
                "mamba-in-llama", MapSettings.of(Map.of("bias", true)).take());
        LayerChoice keep = LayerChoice.of(LayerChoice.KEEP);
        ModelSpec student = Tiny.FAMILY.convert(
                Tiny.spec(Tiny.TEACHER), new LayerPlan(List.of(biased, keep, biased, keep)), Tiny.mixers());
        assertEquals(true, student.config().object("mamba_config").flag("is_bias"));
        assertEquals(
                student.parameters().stream().map(ParamSpec::name).toList(),
                Tiny.FAMILY.read(student.config(), Tiny.mixers()).parameters().stream()
                        .map(ParamSpec::name)
                        .toList());
    }

    /** The published models' numbers of tensors, of values, and of values that are trained. */
    @Test
    void countsOfPublishedModelsAgree() {
        ModelSpec teacher = Tiny.FAMILY.read(PublishedShapes.config(), Tiny.mixers());
        assertCounts(3_217_417_280L, 9_507_840, teacher);
        assertCounts(3_244_082_624L, 141_071_744, PublishedShapes.student(teacher, 0, 6, 12, 18));
        assertCounts(3_270_747_968L, 272_635_648, PublishedShapes.student(teacher, 0, 4, 8, 12, 16, 20, 24, 28));
        int[] half = IntStream.range(0, 16).map(i -> 2 * i).toArray();
        assertCounts(3_324_078_656L, 535_763_456, PublishedShapes.student(teacher, half));
    }

    private static void assertCounts(long values, long trained, ModelSpec spec) {
        NameMap names = Tiny.FAMILY.names(spec);
        assertEquals(
                905,
                names.checkpointNames().stream()
                        .filter(name -> !name.endsWith("inv_freq"))
                        .count());
        assertEquals(
                values,
                Stream.concat(spec.parameters().stream(), spec.carried().stream())
                        .mapToLong(parameter -> parameter.shape().size())
                        .sum());
        TreeSet<String> mixers = new TreeSet<>();
        for (int i = 0; i < spec.layers().size(); i++) {
            if (spec.layers().get(i).choice().mixer().equals("mamba-in-llama")) {
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
        ModelSpec teacher = Tiny.FAMILY.read(PublishedShapes.config(), Tiny.mixers());
        ModelSpec student = PublishedShapes.student(teacher, 0);
        assertEquals(728, ((LlavaInput) teacher.input()).tower().features());
        assertEquals(32L * 2 * 2560 * Float.BYTES, teacher.stateBytes(1, 1));
        assertEquals(
                4L * (7680 * 3 + 32 * 80 * 80),
                student.layers().getFirst().mixer().stateBytes(1, 1));
    }

    @Test
    void fileOfPublishedStudentHasItsSize() {
        ModelSpec teacher = Tiny.FAMILY.read(PublishedShapes.config(), Tiny.mixers());
        ModelSpec student = PublishedShapes.student(teacher, 0, 4, 8, 12, 16, 20, 24, 28);
        assertEquals(668, Tiny.FAMILY.files(student.config()).get("mamba_config.json").length);
    }

    @Test
    void contradictionsAreRefused() {
        JsonObject student = Tiny.config(Tiny.STUDENT);
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
                "config.json: hidden_size: is 65, but by the parts of the model it is 64",
                student.with("hidden_size", 65));
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
        JsonException e = assertThrows(JsonException.class, () -> Tiny.FAMILY.read(config, Tiny.mixers()));
        String folder = Tiny.folder(Tiny.STUDENT) + "/";
        assertEquals(message, e.getMessage().replace(folder, ""));
    }
}
