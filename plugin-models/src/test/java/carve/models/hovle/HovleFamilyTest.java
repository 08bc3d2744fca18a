package carve.models.hovle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.checkpoint.NameMap;
import carve.api.checkpoint.TensorSource;
import carve.api.config.MapSettings;
import carve.api.config.SettingsException;
import carve.api.json.Json;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import carve.api.mixer.MixerCatalog;
import carve.api.model.LayerPlan;
import carve.api.model.MixerSpec;
import carve.api.model.ModelFamily;
import carve.api.model.ModelSpec;
import carve.api.param.ParamSpec;
import carve.runtime.safetensors.Checkpoint;
import carve.runtime.safetensors.SafeTensorsFile;
import carve.testkit.FamilyContract;
import carve.testkit.Fixture;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

final class HovleFamilyTest {
    private static final HovleFamily FAMILY = new HovleFamily();

    /** The laws of families on one checkpoint. */
    abstract static class OnCheckpoint extends FamilyContract {
        private final String name;

        OnCheckpoint(String name) {
            this.name = name;
        }

        @Override
        protected ModelFamily family() {
            return FAMILY;
        }

        @Override
        protected MixerCatalog mixers() {
            return OfficialFixtures.mixers();
        }

        @Override
        protected Path folder() {
            return Fixture.folder().resolve(name);
        }
    }

    @Nested
    final class Teacher extends OnCheckpoint {
        Teacher() {
            super("hovle_tiny");
        }
    }

    @Nested
    final class Linear extends OnCheckpoint {
        Linear() {
            super("mmmamba_linear_tiny");
        }
    }

    @Nested
    final class Hybrid extends OnCheckpoint {
        Hybrid() {
            super("mmmamba_hybrid_tiny");
        }
    }

    private static JsonObject config(String name) {
        return Json.readObject(Fixture.folder().resolve(name).resolve("config.json"));
    }

    private static ModelSpec teacher() {
        return FAMILY.spec(config("hovle_tiny"), OfficialFixtures.mixers());
    }

    private static LayerPlan plan(String... mixers) {
        return new LayerPlan(Stream.of(mixers).map(MixerSpec::of).toList());
    }

    /** Converting by plan gives the official configuration, but for the order and what the authors' script adds. */
    @Test
    void convertedConfigurationIsOfficial() {
        ModelSpec hybrid = FAMILY.studentSpec(
                teacher(), plan("keep", "mamba2", "keep", "mamba2", "mamba2", "mamba2"), OfficialFixtures.mixers());
        JsonObject official = config("mmmamba_hybrid_tiny").without("_name_or_path");
        assertEquals(
                new TreeSet<>(official.keys()), new TreeSet<>(hybrid.config().keys()));
        official.keys()
                .forEach(
                        key -> assertEquals(official.value(key), hybrid.config().value(key), key));
    }

    /** The training checkpoint's keys are the same parameters, unpacked, bit for bit. */
    @Test
    void trainingFormatIsTheSameModel() {
        Path folder = Fixture.folder().resolve("mmmamba_linear_tiny");
        ModelSpec spec = FAMILY.spec(config("mmmamba_linear_tiny"), OfficialFixtures.mixers());
        NameMap training = FAMILY.trainingNames(spec);
        try (SafeTensorsFile trained = SafeTensorsFile.open(folder.resolve("train_format.safetensors"));
                Checkpoint packed = Checkpoint.open(folder)) {
            TensorSource model = FAMILY.names(spec).toModel(packed);
            for (String name : trained.names()) {
                String parameter = training.modelNames(name).getFirst();
                assertEquals(-1, trained.data(name).mismatch(model.data(parameter)), name);
            }
        }
    }

    /** A student with another mixer is read back from the configuration that it writes. */
    @Test
    void otherStudentsAreListed() {
        MixerSpec wide = new MixerSpec(
                "mamba2",
                MapSettings.of(Map.of("conv-width", 4, "init", "inherit")).asTree());
        LayerPlan plan = new LayerPlan(List.of(MixerSpec.of("keep"), wide, wide, wide, wide, wide));
        ModelSpec student = FAMILY.studentSpec(teacher(), plan, OfficialFixtures.mixers());
        ModelSpec read = FAMILY.spec(student.config(), OfficialFixtures.mixers());
        assertEquals(
                student.parameters().stream().map(ParamSpec::shape).toList(),
                read.parameters().stream().map(ParamSpec::shape).toList());
        assertEquals(
                4,
                read.layers().get(1).mixer().parameters().stream()
                        .filter(parameter -> parameter.name().equals("conv1d.weight"))
                        .findFirst()
                        .orElseThrow()
                        .shape()
                        .extent(2));
    }

    @Test
    void plansOfAnotherLengthAreRefused() {
        SettingsException e = assertThrows(
                SettingsException.class,
                () -> FAMILY.studentSpec(teacher(), plan("keep", "mamba2"), OfficialFixtures.mixers()));
        assertEquals(
                "plan: 'layers' has 2 entries, the model has 6 layers; name one for each, 'mixer x3' repeats, 'mixer x rest' fills and 'keep' leaves a layer as it is",
                e.getMessage());
    }

    @Test
    void unknownMixersAreRefusedWithSuggestions() {
        SettingsException e = assertThrows(
                SettingsException.class,
                () -> FAMILY.studentSpec(
                        teacher(), plan("keep", "mamba3", "keep", "keep", "keep", "keep"), OfficialFixtures.mixers()));
        assertEquals("plan: no mixer 'mamba3'; there are attention, mamba2 (did you mean 'mamba2'?)", e.getMessage());
    }

    @Test
    void valuesThatAreNotUnderstoodAreRefused() {
        JsonObject json = config("hovle_tiny").with("normalize_encoder_output", true);
        JsonException e = assertThrows(JsonException.class, () -> FAMILY.spec(json, OfficialFixtures.mixers()));
        assertEquals(true, e.getMessage().contains("normalize_encoder_output"), e.getMessage());
    }

    /** The published models' numbers of tensors and of values (state dict of the 2.6B and 2.7B checkpoints). */
    @Test
    void countsOfPublishedModelsAgree() {
        ModelSpec teacher = FAMILY.spec(PublishedShapes.config(), OfficialFixtures.mixers());
        assertCounts(236, 2_606_327_808L, teacher);
        assertCounts(
                396,
                2_741_992_448L,
                FAMILY.studentSpec(teacher, PublishedShapes.plan(Set.of()), OfficialFixtures.mixers()));
        assertCounts(
                356,
                2_708_076_288L,
                FAMILY.studentSpec(
                        teacher, PublishedShapes.plan(Set.of(0, 4, 8, 12, 16, 20, 24, 28)), OfficialFixtures.mixers()));
    }

    private static void assertCounts(int tensors, long values, ModelSpec spec) {
        NameMap names = FAMILY.names(spec);
        assertEquals(tensors, names.checkpointNames().size());
        assertEquals(
                values,
                Stream.concat(spec.parameters().stream(), spec.extraTensors().stream())
                        .mapToLong(parameter -> parameter.shape().size())
                        .sum());
    }
}
