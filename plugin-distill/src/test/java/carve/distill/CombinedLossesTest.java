package carve.distill;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.config.SettingsException;
import carve.api.data.Batch;
import carve.api.data.Dataset;
import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.model.LoadedModel;
import carve.api.stage.ProgressListener;
import carve.api.stage.StageException;
import carve.runtime.train.GradientAccumulator;
import carve.runtime.train.Objective;
import carve.runtime.train.StageContext;
import carve.runtime.train.StepMetrics;
import carve.runtime.train.TrainingStage;
import carve.testkit.SmallModels;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Losses that layers learn from alone and losses of the whole model are one step's. */
final class CombinedLossesTest {
    private static final String FORCED = "{ type = frobenius, site = output, inputs = teacher, layer-reduction = sum }";
    private static final String KL = "{ type = kl }";

    @TempDir
    private Path folder;

    private Device device;
    private LoadedModel teacher;
    private LoadedModel student;

    @BeforeEach
    void open() {
        device = new ReferenceDevice();
        teacher = SmallModels.decoder(device, 7);
        student = SmallModels.decoder(device, 42);
    }

    @AfterEach
    void close() {
        student.close();
        teacher.close();
        device.close();
    }

    private Objective objective(String losses, String more, List<Integer> converted) {
        TrainingStage stage = TestCatalogs.stage(
                "type = distill, name = one, start-from = any, steps = 1, train = [\"layers.*.mixer.**\"], losses = ["
                        + losses + "]" + more);
        return stage.objective(new StageContext(
                Optional.of(teacher),
                student,
                converted,
                SmallModels.data(4, 42),
                folder,
                Optional.empty(),
                false,
                ProgressListener.NONE));
    }

    /** Values of a step, and the gradient of one parameter of each layer. */
    private record Step(StepMetrics values, Map<Integer, float[]> gradients) {}

    private Step step(String losses, String more, List<Integer> converted, UnaryOperator<Objective> at) {
        Map<Integer, String> names = Map.of(0, "layers.0.mixer.q_proj.weight", 1, "layers.1.mixer.q_proj.weight");
        try (Dataset data = SmallModels.data(4, 42);
                GradientAccumulator step = new GradientAccumulator()) {
            Batch batch = Batch.of(
                    IntStream.range(0, 4)
                            .mapToObj(i -> data.sample(i).orElseThrow())
                            .toList(),
                    0);
            at.apply(objective(losses, more, converted)).accumulate(batch, 1, Set.copyOf(names.values()), step);
            return new Step(
                    step.metrics(),
                    Map.of(
                            0,
                            step.gradient(names.get(0)).floats(),
                            1,
                            step.gradient(names.get(1)).floats()));
        }
    }

    private Step step(String losses) {
        return step(losses, "", List.of(0, 1), UnaryOperator.identity());
    }

    @Test
    void gradientsOfBothAddUp() {
        Step alone = step(FORCED);
        Step whole = step(KL);
        Step both = step(FORCED + ", " + KL);
        assertEquals(
                alone.values().loss() + whole.values().loss(), both.values().loss(), 1e-5);
        for (int layer : List.of(0, 1)) {
            float[] sum = new float[alone.gradients().get(layer).length];
            for (int i = 0; i < sum.length; i++) {
                sum[i] = alone.gradients().get(layer)[i] + whole.gradients().get(layer)[i];
            }
            assertArrayEquals(sum, both.gradients().get(layer), 1e-5f);
        }
        assertEquals(
                alone.values().layerLosses().get("frobenius@output"),
                both.values().layerLosses().get("frobenius@output"));
    }

    @Test
    void sumsOfLayersAreTheirValuesTogether() {
        Map<Integer, Double> layers = step(FORCED).values().layerLosses().get("frobenius@output");
        assertEquals(2, layers.size());
        double sum = layers.get(0) + layers.get(1);
        assertEquals(sum, step(FORCED).values().loss(), 1e-5);
        assertEquals(sum / 2, step(FORCED.replace("sum", "mean")).values().loss(), 1e-5);
    }

    @Test
    void theLastLayerIsSeenAfterTheFinalNorm() {
        Map<Integer, Double> output = step(FORCED).values().layerLosses().get("frobenius@output");
        for (String other : List.of("", ", " + KL)) {
            Map<Integer, Double> hidden = step(FORCED.replace("output", "hidden") + other)
                    .values()
                    .layerLosses()
                    .get("frobenius@hidden");
            assertEquals(output.get(0), hidden.get(0));
            assertNotEquals(output.get(1), hidden.get(1));
        }
    }

    @Test
    void dropoutIsChosenAnewForEachBatchAndTheSameTwice() {
        String dropping = ", dropout = 0.1";
        Step none = step(FORCED + ", " + KL);
        Step first = step(FORCED + ", " + KL, dropping, List.of(0, 1), objective -> objective.forBatch(0));
        Step again = step(FORCED + ", " + KL, dropping, List.of(0, 1), objective -> objective.forBatch(0));
        Step second = step(FORCED + ", " + KL, dropping, List.of(0, 1), objective -> objective.forBatch(1));
        assertEquals(first.values().losses(), again.values().losses());
        for (String loss : none.values().losses().keySet()) {
            double value = first.values().losses().get(loss);
            assertNotEquals(none.values().losses().get(loss), value, loss);
            assertNotEquals(second.values().losses().get(loss), value, loss);
        }
    }

    private static void refused(String message, Runnable run) {
        assertEquals(message, assertThrows(StageException.class, run::run).getMessage());
    }

    @Test
    void lossesThatLayersCannotHaveAreRefused() {
        refused(
                "stage 'one': inputs = teacher needs converted layers, but the plan converts none",
                () -> objective(FORCED + ", " + KL, "", List.of()));
        refused(
                "stage 'one': inputs = student compares layers, so losses must be per layer (site heads, output or hidden), not"
                        + " [kl@logits]; use inputs = own",
                () -> objective(KL, ", inputs = student", List.of(0)));
        assertEquals(
                "recipe: 1: key 'inputs' applies only to losses per layer (site heads, mixer, output or hidden), not to kl@logits",
                assertThrows(
                                SettingsException.class,
                                () -> objective("{ type = kl, inputs = teacher }", "", List.of(0)))
                        .getMessage());
        assertEquals(
                "recipe: 1: key 'dropout' must be a probability from 0 to below 1, is 1.0",
                assertThrows(SettingsException.class, () -> objective(KL, ", dropout = 1", List.of(0)))
                        .getMessage());
    }
}
