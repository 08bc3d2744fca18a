package carve.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.config.SettingsException;
import carve.api.stage.LayerInputs;
import carve.api.stage.LayerReduction;
import carve.api.stage.LossTerm;
import carve.api.stage.PaddingMask;
import carve.api.stage.TrainScope;
import carve.runtime.train.BatchConfig;
import carve.runtime.train.ChunkedLogitsLoss;
import carve.runtime.train.TrainingConfig;
import carve.runtime.train.TrainingConfig.LoggingConfig;
import carve.runtime.train.TrainingConfig.StartFrom;
import carve.runtime.train.TrainingStage;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Stages have the defaults of their reference, and read every key. */
final class StageConfigTest {
    private static TrainingStage stage(String hocon) {
        return TestCatalogs.stage(hocon);
    }

    @Test
    void distillHasItsDefaults() {
        TrainingStage stage = stage("type = distill, name = a, steps = 100, train = [\"**\"]");
        TrainingConfig settings = stage.config();
        assertEquals(LayerInputs.OWN, stage.stage().losses().getFirst().inputs());
        assertEquals(LayerReduction.MEAN, stage.stage().losses().getFirst().layerReduction());
        assertEquals(0, settings.dropout());
        assertEquals(PaddingMask.FULL, stage.stage().paddingMask());
        assertEquals(false, settings.gradientCheckpointing());
        assertEquals(new ChunkedLogitsLoss(256 << 20), settings.logitsLoss());
        assertEquals("a", stage.name());
        assertEquals(TrainScope.CONVERTED, stage.stage().trainScope());
        assertEquals(StartFrom.PREVIOUS_STAGE, settings.startFrom());
        assertEquals("kl@logits", stage.stage().losses().getFirst().label());
        assertEquals(
                "WarmupStableDecaySchedule[warmup=Warmup[steps=10, fromZero=false], stable=80, decay=10, decayShape=COSINE, minRateRatio=0.0]",
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
                stage("type = distill, name = b, steps = 7, train = [a, \"!b\"], inputs = teacher, padding-mask = none,"
                        + " gradient-checkpointing = true, max-logits-mib = 0.5, train-scope = all, start-from = any, layer-reduction = sum, dropout = 0.1,"
                        + " losses = [{ type = mean-squared-error }, { type = mean-squared-error, inputs = student, layer-reduction = mean }],"
                        + " optimizer { type = adamw, learning-rate = 5 }, schedule { type = constant }, gradient-accumulation-steps = 3, max-gradient-norm = 0,"
                        + " batch-size = 4, length-bucket-batches = 5, padding-token = 6, seed = 7, prefetch-batches = 8, checkpoint-steps = 9, max-checkpoints = 10,"
                        + " metrics-steps = 11, tensorboard = false");
        TrainingConfig settings = stage.config();
        assertEquals(
                List.of(LayerInputs.TEACHER, LayerInputs.STUDENT),
                stage.stage().losses().stream().map(LossTerm::inputs).toList());
        assertEquals(
                List.of(LayerReduction.SUM, LayerReduction.MEAN),
                stage.stage().losses().stream().map(LossTerm::layerReduction).toList());
        assertEquals(0.1, settings.dropout());
        assertEquals(PaddingMask.NONE, stage.stage().paddingMask());
        assertTrue(settings.gradientCheckpointing());
        assertEquals(new ChunkedLogitsLoss(1 << 19), settings.logitsLoss());
        assertEquals("[a, !b]", stage.stage().train().toString());
        assertEquals(TrainScope.ALL, stage.stage().trainScope());
        assertEquals(StartFrom.ANY, settings.startFrom());
        assertEquals(
                "mean-squared-error@heads-2", stage.stage().losses().getLast().label());
        assertEquals(5, settings.optimizer().learningRate());
        assertEquals(
                "ConstantSchedule[warmup=Warmup[steps=0, fromZero=false]]",
                settings.learningRateSchedule().toString());
        assertEquals(7, settings.steps());
        assertEquals(3, settings.accumulationSteps());
        assertEquals(0, settings.maxGradientNorm());
        assertEquals(new BatchConfig(4, 5, 6, 7, 8), settings.batches());
        assertEquals(new LoggingConfig(9, 10, 11, false), settings.logging());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "tokens = 20M| recipe: 1: key 'tokens' needs the data of a recipe; set 'steps' here",
                "tokens = 20M, steps = 3| recipe: 1: key 'tokens' and 'steps' exclude each other; remove one",
                "tokens = 20X| recipe: 1: key 'tokens' must be a number of tokens such as 500k, 20M or 1.5B, is '20X'",
                "tokens = 0| recipe: 1: key 'tokens' must be a number of tokens such as 500k, 20M or 1.5B, is '0'",
                "batch-size = 1| recipe: key 'steps' is missing: the length of a stage is its 'steps', or its 'tokens'"
            })
    void aStageHasStepsOrTokens(String length, String problem) {
        String message = assertThrows(
                        SettingsException.class, () -> stage("type = distill, name = a, train = [\"**\"], " + length))
                .getMessage();
        assertEquals(problem, message);
    }

    @Test
    void supervisedHasItsDefaults() {
        TrainingStage stage = stage("type = supervised, name = c, steps = 100");
        assertEquals(LayerInputs.OWN, stage.stage().losses().getFirst().inputs());
        assertEquals(0, stage.config().dropout());
        assertEquals(false, stage.needsTeacher());
        assertEquals("[**]", stage.stage().train().toString());
        assertEquals(TrainScope.ALL, stage.stage().trainScope());
        assertEquals(StartFrom.ANY, stage.config().startFrom());
        assertEquals("cross-entropy@logits", stage.stage().losses().getFirst().label());
        assertEquals(new BatchConfig(8, 1, 0, 42, 2), stage.config().batches());
        assertEquals(new LoggingConfig(500, 2, 1, true), stage.config().logging());
    }
}
