package carve.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.config.Settings;
import carve.api.model.LayerPlan;
import carve.api.stage.Stage;
import carve.api.stage.StageProvider;
import carve.hocon.Hocon;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Presets have three stages that can be made, and plans that fit. */
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
        LayerPlan plan = LayerPlan.from(preset(name), 32);
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
                List.of(DistillStage.Forcing.TEACHER, DistillStage.Forcing.TEACHER, DistillStage.Forcing.NONE),
                stages.stream().map(DistillStage::forcing).toList());
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
}
