package carve.app.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.checkpoint.CheckpointException;
import carve.api.checkpoint.TensorSource;
import carve.api.checkpoint.TensorSources;
import carve.api.device.ReferenceDevice;
import carve.api.model.LoadedModel;
import carve.api.tensor.DType;
import carve.app.TestDistribution;
import carve.runtime.catalog.Catalogs;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import carve.runtime.safetensors.Checkpoint;
import carve.runtime.safetensors.CheckpointWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that a loaded and saved model keeps keys, shapes, types and bits, and that all problems are reported at once. */
final class ModelFolderTest {
    private static final Path FIXTURES = Path.of(System.getProperty("carve.fixtures"));

    @TempDir
    private Path folder;

    private static ModelFolder open(Path path) {
        Catalogs catalogs = TestDistribution.catalogs();
        return ModelFolder.open(path, catalogs.families().providers(), catalogs.mixerCatalog());
    }

    private static void requireEqual(TensorSource expected, TensorSource actual) {
        assertEquals(List.copyOf(expected.names()), List.copyOf(actual.names()));
        for (String name : expected.names()) {
            assertEquals(expected.type(name), actual.type(name), name);
            assertEquals(-1, expected.data(name).mismatch(actual.data(name)), name);
        }
    }

    // the fixture with its tensors in another type
    private Path cast(String fixture, DType dtype) {
        Path to = folder.resolve(dtype.key());
        try (Checkpoint original = Checkpoint.open(FIXTURES.resolve(fixture))) {
            new CheckpointWriter(to)
                    .with(Checkpoint.CONFIG, original.config())
                    .withMetadata(Map.of("format", "pt"))
                    .write(TensorSources.cast(original, dtype));
        }
        return to;
    }

    private void requireSameAfter(Path original) {
        Path copy = folder.resolve("copy");
        try (ModelFolder opened = open(original);
                LoadedModel model = opened.load(new ReferenceDevice(), WeightPrecision.AS_STORED)) {
            opened.save(model, copy);
        }
        try (Checkpoint before = Checkpoint.open(original);
                Checkpoint after = Checkpoint.open(copy)) {
            requireEqual(before, after);
            assertEquals(before.config(), after.config());
            assertEquals(before.metadata(), after.metadata());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"hovle_tiny", "mmmamba_linear_tiny", "mmmamba_hybrid_tiny"})
    void whatIsLoadedAndSavedIsTheSame(String fixture) {
        requireSameAfter(FIXTURES.resolve(fixture));
    }

    @Test
    void halfPrecisionIsTheSameToo() {
        requireSameAfter(cast("mmmamba_hybrid_tiny", DType.BF16));
        requireSameAfter(cast("mmmamba_hybrid_tiny", DType.F16));
    }

    @Test
    void matricesStayAsTheyAreStoredAndAllElseIsWide() {
        try (ModelFolder opened = open(cast("hovle_tiny", DType.BF16));
                LoadedModel model = opened.load(new ReferenceDevice(), WeightPrecision.AS_STORED);
                LoadedModel wide = opened.load(new ReferenceDevice(), WeightPrecision.F32)) {
            assertEquals(
                    DType.BF16,
                    model.params().get("layers.0.mixer.q_proj.weight").dtype());
            assertEquals(
                    DType.F32, model.params().get("layers.0.mixer_norm.weight").dtype());
            assertEquals(DType.F32, model.params().get("input.patch.weight").dtype());
            assertEquals(
                    DType.F32, wide.params().get("layers.0.mixer.q_proj.weight").dtype());
        }
    }

    @Test
    void whatDoesNotFitIsToldAllAtOnce() {
        Path wrong = folder.resolve("wrong");
        String norm = "language_model.model.norm.weight";
        String wo = "language_model.model.layers.0.attention.wo.weight";
        try (Checkpoint original = Checkpoint.open(FIXTURES.resolve("hovle_tiny"))) {
            TensorSource rest = TensorSources.select(original, name -> !name.equals(norm) && !name.equals(wo));
            TensorSource odd = TensorSources.of(
                    Map.of(wo, new carve.api.tensor.TensorType(DType.F32, carve.api.tensor.Shape.of(64, 32))),
                    _ -> java.lang.foreign.MemorySegment.ofArray(new float[64 * 32]));
            TensorSource more = TensorSources.of(
                    Map.of("extra", carve.api.tensor.TensorType.f32(2)),
                    _ -> java.lang.foreign.MemorySegment.ofArray(new float[2]));
            new CheckpointWriter(wrong)
                    .with(Checkpoint.CONFIG, original.config())
                    .write(TensorSources.union(rest, odd, more));
        }
        var error = assertThrows(CheckpointException.class, () -> open(wrong));
        assertEquals("""
                %s: 1 missing, 1 unexpected, 1 mismatched tensors:
                  missing: final_norm.weight (%s in the checkpoint) (64)
                  unexpected: extra (2)
                  shape mismatch: layers.2.mixer.o_proj.weight (%s in the checkpoint) is (64, 32), expected (64, 64)""".formatted(wrong, norm, wo), error.getMessage());
    }
}
