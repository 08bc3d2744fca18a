package carve.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.config.Settings;
import carve.api.model.LayerPlan;
import carve.api.model.MixerSpec;
import carve.api.stage.Stage;
import carve.api.stage.StageProvider;
import carve.hocon.Hocon;
import carve.runtime.plan.LayerPlanReader;
import carve.runtime.train.LayerInputs;
import carve.runtime.train.LayerReduction;
import carve.runtime.train.LossTerm;
import carve.runtime.train.PaddingMask;
import carve.runtime.train.TrainingConfig;
import carve.runtime.train.TrainingStage;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Presets have stages that can be made, and plans that fit. */
final class PresetTest {
    private static Settings preset(String name) {
        return Hocon.parseResource(PresetTest.class.getModule(), "carve-presets/" + name + ".conf")
                .orElseThrow();
    }

    private static List<TrainingStage> stages(String name) {
        return preset(name).sections("stages").stream()
                .map(section -> {
                    Stage stage = TestCatalogs.CATALOGS
                            .stages()
                            .create(
                                    section,
                                    (StageProvider provider, Settings settings) ->
                                            provider.create(settings, TestCatalogs.CATALOGS.stageParts()));
                    return (TrainingStage) stage;
                })
                .toList();
    }

    @ParameterizedTest
    @CsvSource({"mmmamba-linear, 32", "mmmamba-hybrid, 24", "linear, 32", "hybrid, 24"})
    void plansFitAHovle(String name, int converted) {
        LayerPlan plan = LayerPlanReader.read(preset(name), 32);
        assertEquals(
                converted,
                plan.layers().stream().filter(layer -> !layer.isKeep()).count());
        assertEquals(converted == 24, plan.layers().getFirst().isKeep());
    }

    @ParameterizedTest
    @ValueSource(strings = {"mmmamba-linear", "mmmamba-hybrid", "linear", "hybrid"})
    void layersAreAlignedBeforeTheWholeLearns(String name) {
        List<TrainingStage> stages = stages(name);
        assertEquals(
                List.of("new-parameters", "projections", "logits"),
                stages.stream().map(TrainingStage::name).toList());
        assertEquals(
                List.of(LayerInputs.TEACHER, LayerInputs.TEACHER, LayerInputs.NONE),
                stages.stream()
                        .map(stage -> stage.config().terms().getFirst().inputs())
                        .toList());
        assertTrue(stages.stream().allMatch(TrainingStage::needsTeacher));
    }

    @ParameterizedTest
    @ValueSource(strings = {"mmmamba-linear", "mmmamba-hybrid"})
    void officialStagesHaveTheReleasedSettings(String name) {
        List<TrainingStage> stages = stages(name);
        assertTrue(stages.stream().allMatch(stage -> stage.paddingMask() == PaddingMask.VISIBLE));
        assertEquals(
                List.of(1e-3, 5e-4, 5e-5),
                stages.stream().map(s -> s.config().optimizer().learningRate()).toList());
        assertEquals(
                List.of(
                        "WarmupStableDecay[warmup=2000, stable=16000, decay=2000, floor=0.0]",
                        "WarmupStableDecay[warmup=5000, stable=40000, decay=5000, floor=0.0]",
                        "WarmupStableDecay[warmup=2000, stable=16000, decay=2000, floor=0.0]"),
                stages.stream()
                        .map(stage -> stage.config().learningRateSchedule().toString())
                        .toList());
        assertEquals(
                List.of(128, 128, 64),
                stages.stream()
                        .map(stage -> stage.config().batches().batchSize()
                                * stage.config().accumulationSteps())
                        .toList());
        assertEquals(
                "KlLoss[site=logits, weight=1.0, temperature=1.0, reducer=Reducer[mask=ALL, reduction=BATCH]]",
                stages.getLast().config().terms().getFirst().loss().toString());
        assertTrue(stages.getFirst().config().train().matches("layers.3.mixer.A_log_bias"));
        assertTrue(!stages.getLast().config().train().matches("layers.3.mixer.A_log_bias"));
        assertTrue(!stages.getFirst().config().train().matches("layers.3.mixer.q_proj.weight"));
        assertTrue(stages.stream().noneMatch(stage -> stage.config().train().matches("layers.3.mixer.o_proj.weight")));
    }

    @Test
    void theHybridOfMatvlmHasTheReleasedSettings() {
        List<MixerSpec> layers = LayerPlanReader.read(preset("matvlm"), 32).layers();
        assertEquals(
                List.of(0, 4, 8, 12, 16, 20, 24, 28),
                IntStream.range(0, 32)
                        .filter(i -> !layers.get(i).isKeep())
                        .boxed()
                        .toList());
        assertEquals("mamba-in-llama", layers.get(28).name());
        TrainingStage stage = stages("matvlm").getFirst();
        TrainingConfig settings = stage.config();
        assertEquals(PaddingMask.BLANK, stage.paddingMask());
        assertEquals(0.1, settings.dropout());
        assertEquals(0.1, settings.maxGradientNorm());
        assertEquals(64, settings.batches().batchSize() * settings.accumulationSteps());
        assertEquals(
                "WarmupStableDecay[warmup=1000, stable=8396, decay=1000, floor=0.0]",
                settings.learningRateSchedule().toString());
        assertEquals(
                "AdamWOptimizer[rate=2.0E-4, beta1=0.9, beta2=0.95, epsilon=1.0E-8, weightDecay=0.01, noDecay=[], decayMinRank=2]",
                settings.optimizer().toString());
        assertEquals(
                List.of(
                        "FrobeniusLoss[site=hidden, weight=1.0, reducer=Reducer[mask=ALL, reduction=SUM]]",
                        "KlLoss[site=logits, weight=1.0, temperature=1.0, reducer=Reducer[mask=ALL, reduction=BATCH]]"),
                settings.terms().stream()
                        .map(lossTerm -> lossTerm.loss().toString())
                        .toList());
        LossTerm first = settings.terms().getFirst();
        assertEquals(LayerInputs.TEACHER, first.inputs());
        assertEquals(LayerReduction.SUM, first.layerReduction());
        assertEquals(LayerInputs.NONE, settings.terms().getLast().inputs());
        assertTrue(settings.train().matches("input.connector.2.bias"));
        assertTrue(settings.train().matches("layers.4.mixer.in_proj.dt.weight"));
        assertTrue(!settings.train().matches("layers.4.mlp.fc1.weight"));
    }
}
