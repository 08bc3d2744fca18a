package carve.app.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.data.Batch;
import carve.api.data.Sample;
import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.model.LoadedModel;
import carve.app.TestDistribution;
import carve.app.report.ProgressBar;
import carve.app.report.Terminal;
import carve.runtime.catalog.Catalogs;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import carve.runtime.plan.LayerSensitivity;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Replacing a layer by itself does nothing; by another, something, and padding has no part in it. */
final class LayerSensitivityTest {
    private static final Path FIXTURES = Path.of(System.getProperty("carve.fixtures"));

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

    private static List<LayerSensitivity.Effect> measure(LoadedModel teacher, LoadedModel student, Batch... batches) {
        Terminal nowhere =
                new Terminal(new PrintWriter(Writer.nullWriter()), new PrintWriter(Writer.nullWriter()), false);
        try (ProgressBar bar = new ProgressBar(nowhere, "measuring", "batches")) {
            return new LayerSensitivity(teacher, student).measure(List.of(batches), bar);
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
