package carve.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.config.Settings;
import carve.api.model.LayerChoice;
import carve.api.model.LayerPlan;
import carve.api.model.PlanReader;
import carve.api.stage.Stage;
import carve.api.stage.StageProvider;
import carve.distill.training.Forcing;
import carve.distill.training.OverLayers;
import carve.distill.training.Term;
import carve.distill.training.TrainingSettings;
import carve.hocon.Hocon;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Presets have stages that can be made, and plans that fit. */
final class PresetTest {
    private static Settings preset(String name) {
        return Hocon.resource(PresetTest.class.getModule(), "carve-presets/" + name + ".conf")
                .orElseThrow();
    }

    private static List<DistillStage> stages(String name) {
        return preset(name).sections("stages").stream()
                .map(section -> {
                    Stage stage = Plugins.CATALOGS
                            .stages()
                            .create(
                                    section,
                                    (StageProvider provider, Settings settings) ->
                                            provider.create(settings, Plugins.CATALOGS.parts()));
                    return (DistillStage) stage;
                })
                .toList();
    }

    @ParameterizedTest
    @CsvSource({"mmmamba-linear, 32", "mmmamba-hybrid, 24", "linear, 32", "hybrid, 24"})
    void plansFitAHovle(String name, int converted) {
        LayerPlan plan = PlanReader.read(preset(name), 32);
        assertEquals(
                converted,
                plan.layers().stream().filter(layer -> !layer.keeps()).count());
        assertEquals(converted == 24, plan.layers().getFirst().keeps());
    }

    @ParameterizedTest
    @ValueSource(strings = {"mmmamba-linear", "mmmamba-hybrid", "linear", "hybrid"})
    void layersAreAlignedBeforeTheWholeLearns(String name) {
        List<DistillStage> stages = stages(name);
        assertEquals(
                List.of("new-parameters", "projections", "logits"),
                stages.stream().map(DistillStage::name).toList());
        assertEquals(
                List.of(Forcing.TEACHER, Forcing.TEACHER, Forcing.NONE),
                stages.stream()
                        .map(stage -> stage.settings().terms().getFirst().forcing())
                        .toList());
        assertTrue(stages.stream().allMatch(DistillStage::needsTeacher));
    }

    @ParameterizedTest
    @ValueSource(strings = {"mmmamba-linear", "mmmamba-hybrid"})
    void officialStagesHaveTheReleasedSettings(String name) {
        List<DistillStage> stages = stages(name);
        assertTrue(stages.stream().allMatch(stage -> stage.pads() == Pads.VISIBLE));
        assertEquals(
                List.of(1e-3, 5e-4, 5e-5),
                stages.stream().map(s -> s.settings().optimizer().rate()).toList());
        assertEquals(
                List.of(
                        "WarmupStableDecay[warmup=2000, stable=16000, decay=2000, floor=0.0]",
                        "WarmupStableDecay[warmup=5000, stable=40000, decay=5000, floor=0.0]",
                        "WarmupStableDecay[warmup=2000, stable=16000, decay=2000, floor=0.0]"),
                stages.stream()
                        .map(stage -> stage.settings().schedule().toString())
                        .toList());
        assertEquals(
                List.of(128, 128, 64),
                stages.stream()
                        .map(stage -> stage.settings().batches().size()
                                * stage.settings().accumulation())
                        .toList());
        assertEquals(
                "KlLoss[site=logits, weight=1.0, temperature=1.0, reducer=Reducer[mask=ALL, reduction=BATCH]]",
                stages.getLast().settings().terms().getFirst().loss().toString());
        assertTrue(stages.getFirst().settings().train().selects("layers.3.mixer.A_log_bias"));
        assertTrue(!stages.getLast().settings().train().selects("layers.3.mixer.A_log_bias"));
        assertTrue(!stages.getFirst().settings().train().selects("layers.3.mixer.q_proj.weight"));
        assertTrue(
                stages.stream().noneMatch(stage -> stage.settings().train().selects("layers.3.mixer.o_proj.weight")));
    }

    @Test
    void theHybridOfMatvlmHasTheReleasedSettings() {
        List<LayerChoice> layers = PlanReader.read(preset("matvlm"), 32).layers();
        assertEquals(
                List.of(0, 4, 8, 12, 16, 20, 24, 28),
                IntStream.range(0, 32)
                        .filter(i -> !layers.get(i).keeps())
                        .boxed()
                        .toList());
        assertEquals("mamba-in-llama", layers.get(28).mixer());
        DistillStage stage = stages("matvlm").getFirst();
        TrainingSettings settings = stage.settings();
        assertEquals(Pads.BLANK, stage.pads());
        assertEquals(0.1, settings.dropout());
        assertEquals(0.1, settings.clip());
        assertEquals(64, settings.batches().size() * settings.accumulation());
        assertEquals(
                "WarmupStableDecay[warmup=1000, stable=8396, decay=1000, floor=0.0]",
                settings.schedule().toString());
        assertEquals(
                "AdamWOptimizer[rate=2.0E-4, beta1=0.9, beta2=0.95, epsilon=1.0E-8, weightDecay=0.01, noDecay=[], decayMinRank=2]",
                settings.optimizer().toString());
        assertEquals(
                List.of(
                        "FrobeniusLoss[site=hidden, weight=1.0, reducer=Reducer[mask=ALL, reduction=SUM]]",
                        "KlLoss[site=logits, weight=1.0, temperature=1.0, reducer=Reducer[mask=ALL, reduction=BATCH]]"),
                settings.terms().stream().map(term -> term.loss().toString()).toList());
        Term first = settings.terms().getFirst();
        assertEquals(Forcing.TEACHER, first.forcing());
        assertEquals(OverLayers.SUM, first.layers());
        assertEquals(Forcing.NONE, settings.terms().getLast().forcing());
        assertTrue(settings.train().selects("input.connector.2.bias"));
        assertTrue(settings.train().selects("layers.4.mixer.in_proj.dt.weight"));
        assertTrue(!settings.train().selects("layers.4.mlp.fc1.weight"));
    }
}
