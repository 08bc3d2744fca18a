package carve.app.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.config.SettingsException;
import carve.api.data.Batch;
import carve.api.data.Sample;
import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.model.ActivationRecorder;
import carve.api.model.LoadedModel;
import carve.api.op.KlDivergence;
import carve.api.stage.ProgressListener;
import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import carve.app.TestDistribution;
import carve.runtime.catalog.Catalogs;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import carve.runtime.plan.LayerCandidate;
import carve.runtime.plan.LayerSensitivity;
import carve.runtime.plan.SuggestionState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Replacing a layer by itself does nothing; by another, something, and padding has no part in it. */
final class LayerSensitivityTest {
    private static final Path FIXTURES = Path.of(System.getProperty("carve.fixtures"));

    @TempDir
    private Path work;

    private int measured;
    private Catalogs catalogs;

    @BeforeEach
    void load() {
        catalogs = TestDistribution.catalogs();
    }

    private ModelFolder open(String name) {
        return ModelFolder.open(FIXTURES.resolve(name), catalogs.families().providers(), catalogs.mixerCatalog());
    }

    private static Sample sample(int length) {
        int[] tokens = new int[length];
        boolean[] answer = new boolean[length];
        for (int t = 0; t < length; t++) {
            tokens[t] = 3 + 7 * t % 100;
            answer[t] = t > length / 2;
        }
        return new Sample(tokens, answer, Map.of());
    }

    private List<LayerSensitivity.Effect> measure(LoadedModel teacher, LoadedModel student, Batch... batches) {
        return measure(teacher, LayerCandidate.ofModel(student), "measurements" + measured++, batches);
    }

    private List<LayerSensitivity.Effect> measure(
            LoadedModel teacher, List<LayerCandidate> candidates, String file, Batch... batches) {
        try {
            SuggestionState state = SuggestionState.open(work.resolve(file), "test");
            return new LayerSensitivity(teacher, candidates)
                    .measure("layers", List.of(batches), state, ProgressListener.NONE, (_, _) -> {});
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void sharedHiddenStatesGiveTheBitsOfWholePasses() {
        try (Device device = new ReferenceDevice();
                ModelFolder folder = open("hovle_tiny");
                ModelFolder others = open("mmmamba_linear_tiny");
                LoadedModel teacher = folder.load(device, WeightPrecision.F32);
                LoadedModel student = others.load(device, WeightPrecision.F32)) {
            Batch batch = Batch.of(List.of(sample(13), sample(5)), 0);
            List<LayerCandidate> candidates = LayerCandidate.ofModel(student);
            List<LayerSensitivity.Effect> effects = measure(teacher, student, batch);
            for (int i = 0; i < candidates.size(); i++) {
                assertEquals(
                        divergence(teacher, candidates.get(i).in(teacher), batch),
                        effects.get(i).klDivergence());
            }
        }
    }

    private static double divergence(LoadedModel teacher, LoadedModel other, Batch batch) {
        double[] sums = new double[2];
        Scope.run(teacher.device(), () -> {
            Tensor mask = batch.paddingMask(teacher.device()).reshape(-1);
            sums[0] = KlDivergence.apply(logits(other, batch), logits(teacher, batch), 1)
                    .multiply(mask)
                    .sum()
                    .item();
            sums[1] = mask.sum().item();
        });
        return sums[0] / sums[1];
    }

    private static Tensor logits(LoadedModel model, Batch batch) {
        Tensor logits = model.model().forward(model.params(), batch.inputs(model.device()), ActivationRecorder.NONE);
        return logits.reshape(-1, logits.extent(2));
    }

    @Test
    void aSearchThatWasStoppedGoesOnWithTheSameBits() throws IOException {
        try (Device device = new ReferenceDevice();
                ModelFolder folder = open("hovle_tiny");
                ModelFolder others = open("mmmamba_linear_tiny");
                LoadedModel teacher = folder.load(device, WeightPrecision.F32);
                LoadedModel student = others.load(device, WeightPrecision.F32)) {
            Batch[] batches = {Batch.of(List.of(sample(13)), 0), Batch.of(List.of(sample(5)), 0)};
            List<LayerCandidate> candidates = LayerCandidate.ofModel(student);
            List<LayerSensitivity.Effect> whole = measure(teacher, candidates, "stopped", batches);
            Path file = work.resolve("stopped");
            List<String> lines = Files.readAllLines(file);
            assertEquals(1 + 2 * 7, lines.size());
            Files.writeString(
                    file,
                    String.join("\n", lines.subList(0, 10)) + "\n"
                            + lines.get(10).substring(0, 20));
            assertEquals(whole, measure(teacher, candidates, "stopped", batches));
            assertEquals(lines, Files.readAllLines(file));
            SettingsException other =
                    assertThrows(SettingsException.class, () -> SuggestionState.open(file, "other settings"));
            assertEquals(
                    file
                            + ": measurements with other settings, data or another model; name another folder, or delete it to begin anew",
                    other.getMessage());
        }
    }

    @Test
    void theTeachersOwnLayersChangeNothing() {
        try (Device device = new ReferenceDevice();
                ModelFolder folder = open("hovle_tiny");
                LoadedModel teacher = folder.load(device, WeightPrecision.F32)) {
            Batch batch = Batch.of(List.of(sample(13), sample(5)), 0);
            List<LayerSensitivity.Effect> effects = measure(teacher, teacher, batch);
            assertEquals(6, effects.size());
            effects.forEach(effect -> {
                assertEquals(0, effect.relativeError());
                assertEquals(0, effect.klDivergence(), 1e-7);
                assertEquals(0, effect.lossIncrease(), 1e-7);
            });
        }
    }

    @Test
    void otherLayersAreMeasuredWithoutTheirPadding() {
        try (Device device = new ReferenceDevice();
                ModelFolder folder = open("hovle_tiny");
                ModelFolder others = open("mmmamba_linear_tiny");
                LoadedModel teacher = folder.load(device, WeightPrecision.F32);
                LoadedModel student = others.load(device, WeightPrecision.F32)) {
            List<LayerSensitivity.Effect> together =
                    measure(teacher, student, Batch.of(List.of(sample(13), sample(5)), 0));
            List<LayerSensitivity.Effect> apart =
                    measure(teacher, student, Batch.of(List.of(sample(13)), 0), Batch.of(List.of(sample(5)), 0));
            double[] divergences = together.stream()
                    .mapToDouble(LayerSensitivity.Effect::klDivergence)
                    .toArray();
            assertTrue(Arrays.stream(divergences).allMatch(d -> d > 1e-6), Arrays.toString(divergences));
            for (int i = 0; i < together.size(); i++) {
                assertEquals(apart.get(i).klDivergence(), together.get(i).klDivergence(), 1e-4 * divergences[i]);
                assertEquals(apart.get(i).lossIncrease(), together.get(i).lossIncrease(), 1e-5);
                assertEquals(
                        apart.get(i).relativeError(),
                        together.get(i).relativeError(),
                        1e-4 * together.get(i).relativeError());
            }
        }
    }
}
