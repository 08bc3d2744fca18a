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
import carve.runtime.eval.recall.Depth;
import carve.runtime.eval.recall.Haystack;
import carve.runtime.eval.recall.RecallEvaluation;
import carve.runtime.eval.recall.RecallGrid;
import carve.runtime.eval.recall.RecallScores;
import carve.runtime.eval.recall.RecallTask;
import carve.runtime.eval.recall.RecallTasks;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Recall of the demo's teacher, which has learned to say something else. */
final class RecallEvaluationTest {
    private static final Path TEACHER = Path.of("..", "demo", "teacher");
    private static final List<RecallTask> TASKS = RecallTasks.named(List.of("key-value", "mqar"), Haystack.NOISE);

    private static void with(BiConsumer<LoadedModel, Processor> body) {
        Catalogs catalogs = TestDistribution.catalogs(new ReferenceDeviceProvider());
        try (ModelFolder folder = ModelFolder.open(TEACHER, catalogs.families().providers(), catalogs.mixerCatalog());
                Processor processor = folder.processor();
                Device device = new DeviceSelector(catalogs.devices(), "cpu", KernelPolicy.PREFERRED).open();
                LoadedModel model = folder.load(device, WeightPrecision.F32)) {
            body.accept(model, processor);
        }
    }

    @Test
    void answersTogetherAreThoseOfEachAlone() {
        with((model, processor) -> {
            RecallGrid one = RecallGrid.of(List.of(333, 400), 3, 42, 1).withDepths(2);
            RecallGrid five = RecallGrid.of(List.of(333, 400), 3, 42, 5).withDepths(2);
            List<RecallScores.Answer> alone = new RecallEvaluation(model, processor, one)
                    .run(TASKS, ProgressListener.NONE)
                    .answers();
            assertEquals(
                    alone,
                    new RecallEvaluation(model, processor, five)
                            .run(TASKS, ProgressListener.NONE)
                            .answers());
            assertEquals(2 * 3 * 2 + 2 * 3, alone.size(), "key-value at two depths, mqar at none");
        });
    }

    @Test
    void everyAnswerIsToldAndFitsItsLength() {
        with((model, processor) -> {
            List<Long> told = new ArrayList<>();
            RecallScores scores = new RecallEvaluation(model, processor, RecallGrid.of(List.of(333), 2, 42, 5))
                    .run(TASKS, (done, total, _, _) -> {
                        assertEquals(4, total);
                        told.add(done);
                    });
            assertEquals(IntStream.rangeClosed(1, 4).mapToObj(Long::valueOf).toList(), told);
            assertTrue(scores.answers().stream().allMatch(answer -> answer.tokens() < 333));
            assertTrue(
                    scores.answers().stream().allMatch(answer -> answer.cell().depth() == Depth.RANDOM));
            assertEquals(
                    scores.accuracy(),
                    scores.byTask().values().stream()
                            .mapToDouble(v -> v)
                            .average()
                            .orElseThrow());
        });
    }
}
