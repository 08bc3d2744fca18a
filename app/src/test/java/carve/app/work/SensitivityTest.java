package carve.app.work;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.model.LoadedModel;
import carve.api.model.ModelFolder;
import carve.api.model.Sample;
import carve.api.model.Storage;
import carve.api.stage.Batch;
import carve.app.Assembled;
import carve.app.terminal.ProgressBar;
import carve.app.terminal.Terminal;
import carve.hocon.Catalogs;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Replacing a layer by itself does nothing; by another, something, and padding has no part in it. */
final class SensitivityTest {
    private static final Path FIXTURES = Path.of(System.getProperty("carve.fixtures"));

    private Catalogs catalogs;

    @BeforeEach
    void load() {
        catalogs = Assembled.catalogs();
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

    private static List<Sensitivity.Effect> measure(LoadedModel teacher, LoadedModel student, Batch... batches) {
        Terminal nowhere =
                new Terminal(new PrintWriter(Writer.nullWriter()), new PrintWriter(Writer.nullWriter()), false);
        try (ProgressBar bar = new ProgressBar(nowhere, "measuring", "batches")) {
            return new Sensitivity(teacher, student).measure(List.of(batches), bar);
        }
    }

    @Test
    void theTeachersOwnLayersChangeNothing() {
        try (Device device = new ReferenceDevice();
                ModelFolder folder = open("hovle_tiny");
                LoadedModel teacher = folder.load(device, Storage.F32)) {
            Batch batch = Batch.of(List.of(sample(13), sample(5)), 0);
            List<Sensitivity.Effect> effects = measure(teacher, teacher, batch);
            assertEquals(6, effects.size());
            effects.forEach(effect -> {
                assertEquals(0, effect.error());
                assertEquals(0, effect.divergence(), 1e-7);
                assertEquals(0, effect.loss(), 1e-7);
            });
        }
    }

    @Test
    void otherLayersAreMeasuredWithoutTheirPadding() {
        try (Device device = new ReferenceDevice();
                ModelFolder folder = open("hovle_tiny");
                ModelFolder others = open("mmmamba_linear_tiny");
                LoadedModel teacher = folder.load(device, Storage.F32);
                LoadedModel student = others.load(device, Storage.F32)) {
            List<Sensitivity.Effect> together = measure(teacher, student, Batch.of(List.of(sample(13), sample(5)), 0));
            List<Sensitivity.Effect> apart =
                    measure(teacher, student, Batch.of(List.of(sample(13)), 0), Batch.of(List.of(sample(5)), 0));
            double[] divergences = together.stream()
                    .mapToDouble(Sensitivity.Effect::divergence)
                    .toArray();
            assertTrue(Arrays.stream(divergences).allMatch(d -> d > 1e-6), Arrays.toString(divergences));
            for (int i = 0; i < together.size(); i++) {
                assertEquals(apart.get(i).divergence(), together.get(i).divergence(), 1e-4 * divergences[i]);
                assertEquals(apart.get(i).loss(), together.get(i).loss(), 1e-5);
                assertEquals(
                        apart.get(i).error(),
                        together.get(i).error(),
                        1e-4 * together.get(i).error());
            }
        }
    }
}
