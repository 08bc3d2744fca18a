package carve.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.runtime.train.BatchConfig;
import carve.runtime.train.ChunkedLogitsLoss;
import carve.runtime.train.LayerInputs;
import carve.runtime.train.LayerReduction;
import carve.runtime.train.LossTerm;
import carve.runtime.train.PaddingMask;
import carve.runtime.train.TrainingConfig;
import carve.runtime.train.TrainingConfig.LoggingConfig;
import carve.runtime.train.TrainingConfig.StartFrom;
import carve.runtime.train.TrainingConfig.TrainScope;
import carve.runtime.train.TrainingStage;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Stages have the defaults of their reference, and read every key. */
final class StageConfigTest {
    private static TrainingStage stage(String hocon) {
        return (TrainingStage) TestCatalogs.stage(hocon);
    }

    @Test
    void distillHasItsDefaults() {
        TrainingStage stage = stage("type = distill, name = a, steps = 100, train = [\"**\"]");
        TrainingConfig settings = stage.config();
        assertEquals(LayerInputs.NONE, settings.terms().getFirst().inputs());
        assertEquals(LayerReduction.MEAN, settings.terms().getFirst().layerReduction());
        assertEquals(0, settings.dropout());
        assertEquals(PaddingMask.MASKED, stage.paddingMask());
        assertEquals(false, stage.gradientCheckpointing());
        assertEquals(new ChunkedLogitsLoss(256 << 20), stage.logitsLoss());
        assertEquals("a", settings.name());
        assertEquals(TrainScope.CONVERTED, settings.trainScope());
        assertEquals(StartFrom.PREDECESSOR, settings.startFrom());
        assertEquals("kl@logits", settings.terms().getFirst().label());
        assertEquals(
                "WarmupStableDecay[warmup=10, stable=80, decay=10, floor=0.0]",
                settings.learningRateSchedule().toString());
        assertEquals(100, settings.steps());
        assertEquals(1, settings.accumulationSteps());
        assertEquals(1, settings.maxGradientNorm());
        assertEquals(new BatchConfig(8, 1, 0, 42, 2), settings.batches());
        assertEquals(new LoggingConfig(500, 2, 1, true), settings.logging());
    }

    @Test
    void distillReadsEveryKey() {
        TrainingStage stage =
                stage("type = distill, name = b, steps = 7, train = [a, \"!b\"], forcing = teacher, pads = visible,"
                        + " recompute = true, logits-megabytes = 0.5, among = all, start = any, layers = sum, dropout = 0.1,"
                        + " losses = [{ type = mean-square }, { type = mean-square, forcing = student, layers = mean }],"
                        + " optimizer { type = adamw, rate = 5 }, schedule { type = constant }, accumulation = 3, gradient-clip = 0,"
                        + " batch-size = 4, bucket = 5, padding = 6, seed = 7, prefetch = 8, checkpoint-every = 9, keep = 10,"
                        + " metrics-every = 11, tensorboard = false");
        TrainingConfig settings = stage.config();
        assertEquals(
                List.of(LayerInputs.TEACHER, LayerInputs.STUDENT),
                settings.terms().stream().map(LossTerm::inputs).toList());
        assertEquals(
                List.of(LayerReduction.SUM, LayerReduction.MEAN),
                settings.terms().stream().map(LossTerm::layerReduction).toList());
        assertEquals(0.1, settings.dropout());
        assertEquals(PaddingMask.VISIBLE, stage.paddingMask());
        assertTrue(stage.gradientCheckpointing());
        assertEquals(new ChunkedLogitsLoss(1 << 19), stage.logitsLoss());
        assertEquals("[a, !b]", settings.train().toString());
        assertEquals(TrainScope.ALL, settings.trainScope());
        assertEquals(StartFrom.ANY, settings.startFrom());
        assertEquals("mean-square@heads-2", settings.terms().getLast().label());
        assertEquals(5, settings.optimizer().learningRate());
        assertEquals("Constant[warmup=0]", settings.learningRateSchedule().toString());
        assertEquals(7, settings.steps());
        assertEquals(3, settings.accumulationSteps());
        assertEquals(0, settings.maxGradientNorm());
        assertEquals(new BatchConfig(4, 5, 6, 7, 8), settings.batches());
        assertEquals(new LoggingConfig(9, 10, 11, false), settings.logging());
    }

    @Test
    void supervisedHasItsDefaults() {
        TrainingStage stage = stage("type = supervised, name = c, steps = 100");
        assertEquals(LayerInputs.NONE, stage.config().terms().getFirst().inputs());
        assertEquals(0, stage.config().dropout());
        assertEquals(false, stage.needsTeacher());
        assertEquals("[**]", stage.config().train().toString());
        assertEquals(TrainScope.ALL, stage.config().trainScope());
        assertEquals(StartFrom.ANY, stage.config().startFrom());
        assertEquals("cross-entropy@logits", stage.config().terms().getFirst().label());
        assertEquals(new BatchConfig(8, 1, 0, 42, 2), stage.config().batches());
        assertEquals(new LoggingConfig(500, 2, 1, true), stage.config().logging());
    }
}
