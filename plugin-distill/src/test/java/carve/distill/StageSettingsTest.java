package carve.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.distill.training.BatchSettings;
import carve.distill.training.Forcing;
import carve.distill.training.OverLayers;
import carve.distill.training.Term;
import carve.distill.training.TrainingSettings;
import carve.distill.training.TrainingSettings.Among;
import carve.distill.training.TrainingSettings.Reports;
import carve.distill.training.TrainingSettings.Start;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Stages have the defaults of their reference, and read every key. */
final class StageSettingsTest {
    private static DistillStage stage(String hocon) {
        return (DistillStage) Plugins.stage(hocon);
    }

    @Test
    void distillHasItsDefaults() {
        DistillStage stage = stage("type = distill, name = a, steps = 100, train = [\"**\"]");
        TrainingSettings settings = stage.settings();
        assertEquals(Forcing.NONE, settings.terms().getFirst().forcing());
        assertEquals(OverLayers.MEAN, settings.terms().getFirst().layers());
        assertEquals(0, settings.dropout());
        assertEquals(Pads.MASKED, stage.pads());
        assertEquals(false, stage.recompute());
        assertEquals(new Vocabulary(256 << 20), stage.vocabulary());
        assertEquals("a", settings.name());
        assertEquals(Among.CONVERTED, settings.among());
        assertEquals(Start.PREDECESSOR, settings.start());
        assertEquals("kl@logits", settings.terms().getFirst().label());
        assertEquals(
                "WarmupStableDecay[warmup=10, stable=80, decay=10, floor=0.0]",
                settings.schedule().toString());
        assertEquals(100, settings.steps());
        assertEquals(1, settings.accumulation());
        assertEquals(1, settings.clip());
        assertEquals(new BatchSettings(8, 1, 0, 42, 2), settings.batches());
        assertEquals(new Reports(500, 2, 1, true), settings.reports());
    }

    @Test
    void distillReadsEveryKey() {
        DistillStage stage =
                stage("type = distill, name = b, steps = 7, train = [a, \"!b\"], forcing = teacher, pads = visible,"
                        + " recompute = true, logits-megabytes = 0.5, among = all, start = any, layers = sum, dropout = 0.1,"
                        + " losses = [{ type = mean-square }, { type = mean-square, forcing = student, layers = mean }],"
                        + " optimizer { type = adamw, rate = 5 }, schedule { type = constant }, accumulation = 3, gradient-clip = 0,"
                        + " batch-size = 4, bucket = 5, padding = 6, seed = 7, prefetch = 8, checkpoint-every = 9, keep = 10,"
                        + " metrics-every = 11, tensorboard = false");
        TrainingSettings settings = stage.settings();
        assertEquals(
                List.of(Forcing.TEACHER, Forcing.STUDENT),
                settings.terms().stream().map(Term::forcing).toList());
        assertEquals(
                List.of(OverLayers.SUM, OverLayers.MEAN),
                settings.terms().stream().map(Term::layers).toList());
        assertEquals(0.1, settings.dropout());
        assertEquals(Pads.VISIBLE, stage.pads());
        assertTrue(stage.recompute());
        assertEquals(new Vocabulary(1 << 19), stage.vocabulary());
        assertEquals("[a, !b]", settings.train().toString());
        assertEquals(Among.ALL, settings.among());
        assertEquals(Start.ANY, settings.start());
        assertEquals("mean-square@heads-2", settings.terms().getLast().label());
        assertEquals(5, settings.optimizer().rate());
        assertEquals("Constant[warmup=0]", settings.schedule().toString());
        assertEquals(7, settings.steps());
        assertEquals(3, settings.accumulation());
        assertEquals(0, settings.clip());
        assertEquals(new BatchSettings(4, 5, 6, 7, 8), settings.batches());
        assertEquals(new Reports(9, 10, 11, false), settings.reports());
    }

    @Test
    void supervisedHasItsDefaults() {
        DistillStage stage = stage("type = supervised, name = c, steps = 100");
        assertEquals(Forcing.NONE, stage.settings().terms().getFirst().forcing());
        assertEquals(0, stage.settings().dropout());
        assertEquals(false, stage.needsTeacher());
        assertEquals("[**]", stage.settings().train().toString());
        assertEquals(Among.ALL, stage.settings().among());
        assertEquals(Start.ANY, stage.settings().start());
        assertEquals("cross-entropy@logits", stage.settings().terms().getFirst().label());
        assertEquals(new BatchSettings(8, 1, 0, 42, 2), stage.settings().batches());
        assertEquals(new Reports(500, 2, 1, true), stage.settings().reports());
    }
}
