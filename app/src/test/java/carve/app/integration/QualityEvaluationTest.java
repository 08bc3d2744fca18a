package carve.app.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.Device;
import carve.api.device.KernelPolicy;
import carve.api.model.LoadedModel;
import carve.api.stage.ProgressListener;
import carve.api.text.Processor;
import carve.app.TestDistribution;
import carve.runtime.catalog.Catalogs;
import carve.runtime.device.DeviceSelector;
import carve.runtime.device.ReferenceDeviceProvider;
import carve.runtime.eval.quality.QualityEvaluation;
import carve.runtime.eval.quality.RecallComparison;
import carve.runtime.eval.quality.TextFidelity;
import carve.runtime.eval.recall.Haystack;
import carve.runtime.eval.recall.RecallGrid;
import carve.runtime.eval.recall.RecallTasks;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A model beside itself. */
final class QualityEvaluationTest {
    private static final Path TEACHER = Path.of("..", "demo", "teacher");
    private static final int[] ROW =
            IntStream.range(0, 333).map(i -> 10 + i * 7 % 23).toArray();

    private static void with(BiConsumer<QualityEvaluation, LoadedModel> body) {
        Catalogs catalogs = TestDistribution.catalogs(new ReferenceDeviceProvider());
        try (ModelFolder folder = ModelFolder.open(TEACHER, catalogs.families().providers(), catalogs.mixerCatalog());
                Processor processor = folder.processor();
                Device device = new DeviceSelector(catalogs.devices(), "cpu", KernelPolicy.PREFERRED).open();
                LoadedModel model = folder.load(device, WeightPrecision.F32);
                LoadedModel same = folder.load(device, WeightPrecision.F32)) {
            body.accept(new QualityEvaluation(model, same, processor), model);
        }
    }

    @Test
    void aModelPredictsWhatItPredicts() {
        with((evaluation, _) -> {
            TextFidelity text = evaluation.text(List.of(ROW, new int[] {11, 12, 13}), 5, ProgressListener.NONE);
            assertEquals(
                    List.of(0, 64, 128, 256),
                    text.buckets().stream().map(TextFidelity.Bucket::from).toList());
            assertEquals(332 + 2, text.overall().tokens());
            assertEquals(0, text.overall().divergence(), 1e-9);
            assertEquals(1, text.overall().agreement());
            assertEquals(text.overall().teacherLoss(), text.overall().studentLoss());
            assertEquals(1, text.continuations().same());
        });
    }

    @Test
    void aModelRecallsWhatItRecalls() {
        with((evaluation, _) -> {
            List<RecallComparison> recall = evaluation.recall(
                    RecallTasks.named(List.of("key-value", "common-words"), Haystack.NOISE),
                    RecallGrid.of(List.of(700), 3, 42, 4),
                    ProgressListener.NONE);
            assertEquals(2, recall.size());
            for (RecallComparison task : recall) {
                assertEquals(task.teacherGenerated(), task.studentGenerated());
                assertEquals(task.teacherLikelihood(), task.studentLikelihood());
                assertEquals(task.task().equals("key-value"), task.hasLikelihood());
            }
        });
    }

    @Test
    void statesAreCountedAtEachLength() {
        with((evaluation, model) -> evaluation.speeds(List.of(13, 65), ROW).forEach(speed -> {
            assertEquals(model.spec().stateBytes(1, speed.length()), speed.studentStateBytes());
            assertEquals(speed.teacherStateBytes(), speed.studentStateBytes());
            assertTrue(speed.speedRatio() > 0);
        }));
    }
}
