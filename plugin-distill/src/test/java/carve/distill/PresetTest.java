package carve.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.config.Settings;
import carve.api.model.LayerPlan;
import carve.api.model.MixerSpec;
import carve.api.stage.LayerInputs;
import carve.api.stage.LayerReduction;
import carve.api.stage.LossTerm;
import carve.api.stage.PaddingMask;
import carve.hocon.Hocon;
import carve.runtime.plan.LayerPlanReader;
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
                .map(section -> TrainingStage.of(section, TestCatalogs.CATALOGS))
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
                List.of(LayerInputs.TEACHER, LayerInputs.TEACHER, LayerInputs.OWN),
                stages.stream()
                        .map(stage -> stage.stage().losses().getFirst().inputs())
                        .toList());
        assertTrue(stages.stream().allMatch(TrainingStage::needsTeacher));
    }

    @ParameterizedTest
    @ValueSource(strings = {"mmmamba-linear", "mmmamba-hybrid"})
    void officialStagesHaveTheReleasedSettings(String name) {
        List<TrainingStage> stages = stages(name);
        assertTrue(stages.stream().allMatch(stage -> stage.stage().paddingMask() == PaddingMask.NONE));
        assertEquals(
                List.of(1e-3, 5e-4, 5e-5),
                stages.stream().map(s -> s.config().optimizer().learningRate()).toList());
        assertEquals(
                List.of(
                        "WarmupStableDecaySchedule[warmup=Warmup[steps=2000, fromZero=true], stable=16000, decay=2000, decayShape=COSINE, minRateRatio=0.0]",
                        "WarmupStableDecaySchedule[warmup=Warmup[steps=5000, fromZero=true], stable=40000, decay=5000, decayShape=COSINE, minRateRatio=0.0]",
                        "WarmupStableDecaySchedule[warmup=Warmup[steps=2000, fromZero=true], stable=16000, decay=2000, decayShape=COSINE, minRateRatio=0.0]"),
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
                "KlLoss[site=logits, weight=1.0, temperature=1.0, reduction=MaskedReduction[lossMask=ALL, reduction=BATCH_MEAN]]",
                stages.getLast().stage().losses().getFirst().loss().toString());
        assertTrue(stages.getFirst().stage().train().matches("layers.3.mixer.A_log_bias"));
        assertTrue(!stages.getLast().stage().train().matches("layers.3.mixer.A_log_bias"));
        assertTrue(!stages.getFirst().stage().train().matches("layers.3.mixer.q_proj.weight"));
        assertTrue(stages.stream().noneMatch(stage -> stage.stage().train().matches("layers.3.mixer.o_proj.weight")));
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
        assertEquals(PaddingMask.KEYS, stage.stage().paddingMask());
        assertEquals(0.1, settings.dropout());
        assertEquals(0.1, settings.maxGradientNorm());
        assertEquals(64, settings.batches().batchSize() * settings.accumulationSteps());
        assertEquals(
                "WarmupStableDecaySchedule[warmup=Warmup[steps=1000, fromZero=true], stable=8396, decay=1000, decayShape=COSINE, minRateRatio=0.0]",
                settings.learningRateSchedule().toString());
        assertEquals(
                "AdamWOptimizer[learningRate=2.0E-4, beta1=0.9, beta2=0.95, epsilon=1.0E-8, weightDecay=0.01, noWeightDecay=[], weightDecayMinRank=2, groups=[]]",
                settings.optimizer().toString());
        assertEquals(
                List.of(
                        "FrobeniusLoss[site=hidden, weight=1.0, reduction=MaskedReduction[lossMask=ALL, reduction=SUM]]",
                        "KlLoss[site=logits, weight=1.0, temperature=1.0, reduction=MaskedReduction[lossMask=ALL, reduction=BATCH_MEAN]]"),
                stage.stage().losses().stream()
                        .map(lossTerm -> lossTerm.loss().toString())
                        .toList());
        LossTerm first = stage.stage().losses().getFirst();
        assertEquals(LayerInputs.TEACHER, first.inputs());
        assertEquals(LayerReduction.SUM, first.layerReduction());
        assertEquals(LayerInputs.OWN, stage.stage().losses().getLast().inputs());
        assertTrue(stage.stage().train().matches("input.connector.2.bias"));
        assertTrue(stage.stage().train().matches("layers.4.mixer.in_proj.dt.weight"));
        assertTrue(!stage.stage().train().matches("layers.4.mlp.fc1.weight"));
    }
}
