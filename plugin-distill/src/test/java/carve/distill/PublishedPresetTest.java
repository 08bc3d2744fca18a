package carve.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.config.Settings;
import carve.api.config.TreeSettings;
import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.model.LoadedModel;
import carve.api.stage.LossTerm;
import carve.api.stage.ProgressListener;
import carve.hocon.Hocon;
import carve.runtime.plan.LayerPlanReader;
import carve.runtime.train.StageContext;
import carve.runtime.train.StageResult;
import carve.runtime.train.TrainingConfig;
import carve.runtime.train.TrainingStage;
import carve.testkit.SmallModels;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Presets of published recipes have the published stages, losses, sites, rates, schedules and lengths, and run. */
final class PublishedPresetTest {
    @TempDir
    private Path folder;

    private static Settings preset(String name) {
        return Hocon.parseResource(PublishedPresetTest.class.getModule(), "carve-presets/" + name + ".conf")
                .orElseThrow();
    }

    // rows and length as ROWSxLENGTH, the rate at its peak, and at the first and last step and the middle as factors of
    // it
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            radlads        | 0 | mixers    | l2@mixer                      | TEACHER | 32x512     | 6104  | 1e-3 | 0.02     1       0.01
            radlads        | 1 | logits    | kl@logits                     | OWN     | 96x512     | 10173 | 1e-5 | 0.02     1       1
            radlads        | 2 | context   | cross-entropy@logits          | OWN     | 8x16384    | 763   | 1e-5 | 0.02     1       1
            kl-guided      | 0 | mixers    | l2@mixer                      | TEACHER | 96x512     | 2035  | 1e-3 | 0.02     1       0
            kl-guided      | 1 | logits    | kl@logits                     | OWN     | 32x4096    | 4577  | 7e-6 | 1        1       1
            halo           | 0 | mixers    | mean-squared-error@mixer      | TEACHER | 32x512     | 20000 | 1e-3 | 0.02     1       0.01
            halo           | 1 | logits    | kl@logits                     | OWN     | 96x512     | 20000 | 1e-4 | 0.02     1       0.1
            halo           | 2 | context   | cross-entropy@logits          | OWN     | 128x16384  | 500   | 1e-5 | 0.02     1       1
            priming        | 0 | states    | mean-squared-error@final_norm | OWN     | 256x8192   | 19000 | 1e-4 | 0.001389 1       1
            priming        | 1 | context   | cross-entropy@logits          | OWN     | 48x131072  | 4480  | 5e-5 | 0.004785 1       0
            mamba-in-llama | 0 | logits    | kl@logits                     | OWN     | 64x2048    | 53406 | 2e-5 | 0.001873 1       0
            mohawk         | 0 | matrices  | matrix-frobenius@matrix       | TEACHER | 64x2048    | 7629  | 1e-4 | 0.002625 1       0.001409
            mohawk         | 1 | states    | l2@output                     | TEACHER | 128x2048   | 19073 | 1e-4 | 0.001048 1       0.000624
            mohawk         | 2 | logits    | kl@logits                     | OWN     | 128x2048   | 22888 | 1e-5 | 0.000874 1       0.001436
            m1             | 0 | logits    | reverse-kl@logits             | OWN     | 16x8192    | 4000  | 1e-5 | 0.005    1       0
            m1             | 1 | answers   | cross-entropy@logits          | OWN     | 16x8192    | 4000  | 1e-5 | 0.005    1       0
            m1             | 2 | reasoning | cross-entropy@logits          | OWN     | 16x24576   | 4000  | 6e-6 | 0.005    1       0
            """)
    void stagesAreThePublishedOnes(
            String name,
            int index,
            String stageName,
            String loss,
            String inputs,
            String rows,
            long steps,
            double rate,
            String factors) {
        TrainingStage stage = stage(name, index, "");
        TrainingConfig config = stage.config();
        LossTerm term = stage.stage().losses().getFirst();
        assertEquals(
                List.of(stageName, loss, inputs),
                List.of(stage.name(), term.label(), term.inputs().name()));
        assertEquals(1, stage.stage().losses().size());
        assertEquals(rows, config.batches().batchSize() * config.accumulationSteps() + "x" + maxLength(name, index));
        assertEquals(steps, config.steps());
        assertEquals(rate, config.optimizer().learningRate());
        assertEquals(1.0, config.maxGradientNorm());
        String[] expected = factors.split(" +");
        long peak = LongStream.range(0, steps)
                .filter(step -> config.learningRateSchedule().factor(step) == 1)
                .findFirst()
                .orElseThrow();
        assertEquals(
                Double.parseDouble(expected[0]), config.learningRateSchedule().factor(0), 1e-6, "first step");
        assertEquals(
                Double.parseDouble(expected[1]), config.learningRateSchedule().factor(peak), "peak");
        assertEquals(
                Double.parseDouble(expected[2]), config.learningRateSchedule().factor(steps - 1), 1e-5, "last step");
    }

    private static String maxLength(String name, int index) {
        Settings section = preset(name).sections("stages").get(index);
        Settings own =
                section.has("data") ? section.section("data") : preset(name).section("data");
        return own.string("max-length");
    }

    @ParameterizedTest
    @CsvSource({"radlads, 28", "kl-guided, 21", "halo, 21", "priming, 14", "mamba-in-llama, 14", "m1, 22", "mohawk, 28"
    })
    void plansConvertThePublishedShare(String name, int converted) {
        assertEquals(
                converted,
                LayerPlanReader.read(preset(name), 28).layers().stream()
                        .filter(layer -> !layer.isKeep())
                        .count());
    }

    @ParameterizedTest
    @ValueSource(strings = {"radlads", "kl-guided", "halo", "priming", "mamba-in-llama", "m1", "mohawk"})
    void everyStageRuns(String name) {
        int stages = preset(name).sections("stages").size();
        try (Device device = new ReferenceDevice();
                LoadedModel teacher = model(device, 7, "attention");
                LoadedModel student = model(device, 42, firstMixer(name))) {
            Optional<String> before = Optional.empty();
            for (int i = 0; i < stages; i++) {
                TrainingStage stage = stage(
                        name,
                        i,
                        "steps = 1, batch-size = 1, gradient-accumulation-steps = 2, tensorboard = false, start-from = any");
                StageResult result = stage.run(new StageContext(
                        Optional.of(teacher),
                        student,
                        List.of(0, 1),
                        SmallModels.data(4, 42),
                        folder.resolve(name + i),
                        before,
                        false,
                        ProgressListener.NONE));
                assertEquals(1, result.steps());
                before = Optional.of(result.digest());
            }
        }
    }

    private static LoadedModel model(Device device, long seed, String mixer) {
        return SmallModels.decoder(device, seed, TestCatalogs.CATALOGS.mixerCatalog(), mixer, mixer);
    }

    // the mixer that a preset converts to
    private static String firstMixer(String name) {
        return LayerPlanReader.read(preset(name), 28).layers().stream()
                .filter(layer -> !layer.isKeep())
                .findFirst()
                .orElseThrow()
                .name();
    }

    private static TrainingStage stage(String name, int index, String overrides) {
        Settings section = preset(name).sections("stages").get(index);
        return TrainingStage.of(
                new TreeSettings(Hocon.parse(overrides, "test")
                        .asTree()
                        .over(section.asTree().without("data"))),
                TestCatalogs.CATALOGS);
    }
}
