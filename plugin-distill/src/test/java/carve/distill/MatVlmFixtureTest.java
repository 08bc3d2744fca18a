package carve.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.data.Batch;
import carve.api.data.Sample;
import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.json.Json;
import carve.api.json.JsonObject;
import carve.api.loss.LossInputs;
import carve.api.model.ActivationRecorder;
import carve.api.model.LoadedModel;
import carve.api.stage.PaddingMask;
import carve.api.stage.ProgressListener;
import carve.api.tensor.Scope;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.cpu.CpuDevice;
import carve.cpu.config.CpuConfig;
import carve.runtime.train.GradientAccumulator;
import carve.runtime.train.PaddedBatches;
import carve.runtime.train.StepMetrics;
import carve.runtime.train.TrainingStage;
import carve.testkit.TensorAssertions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** The single stage of MaTVLM makes the steps of the official code: every loss, gradients, clipping, parameters. */
final class MatVlmFixtureTest {
    private static final String LAYERS =
            "{ type = frobenius, inputs = teacher, layer-reduction = sum, mask = all, reduction = sum }";
    private static final String BY_SOFTMAX =
            "{ type = kl, site = hidden, layer-reduction = sum, mask = all, reduction = batch-mean";
    private static final String KL = "{ type = kl, mask = all, reduction = batch-mean }";
    private static final String TRAIN = "\"layers.*.mixer.**\", \"input.connector.**\"";

    /** The official variants: what layers learn from, what logits do, and the weight of labels. */
    private static final Map<String, List<String>> VARIANTS = new TreeMap<>(Map.of(
            "official", List.of(LAYERS, KL, "0"),
            "kl_T2", List.of(LAYERS, KL.replace("kl,", "kl, temperature = 2,"), "0"),
            "tlkl", List.of(BY_SOFTMAX + ", inputs = teacher }", KL, "0"),
            "jsd", List.of(LAYERS, KL.replace("kl,", "jensen-shannon, form = reversed,"), "0"),
            "reverse", List.of(LAYERS, KL.replace("kl,", "reverse-kl,"), "0"),
            "ce", List.of(LAYERS, "{ type = hard-cross-entropy, mask = all, reduction = token-mean }", "0"),
            "l2", List.of(LAYERS, "{ type = frobenius, site = logits, mask = all, reduction = sum }", "0"),
            "ce_weight1", List.of(LAYERS, KL, "1"),
            "sl", List.of(BY_SOFTMAX + ", inputs = student }", KL, "0")));

    @TempDir
    private Path folder;

    private static TrainingStage stage(String losses, int steps, double clip) {
        return TestCatalogs.stage("""
                type = distill, name = single, start-from = any, steps = %d, max-gradient-norm = %s, batch-size = 1
                tensorboard = false, padding-mask = keys, train-scope = not-kept, train = [%s], schedule { type = constant }
                optimizer { type = adamw, learning-rate = 2e-4, betas = [0.9, 0.95], weight-decay = 0.01, no-weight-decay = []
                            weight-decay-min-rank = 2 }
                losses = [%s]
                """.formatted(steps, clip, TRAIN, losses));
    }

    /** A law on a setting. */
    private interface Law {
        void check(MatVlmFixture setting) throws IOException;
    }

    private static Stream<DynamicTest> onEachDevice(String name, Law law) {
        return Stream.of("reference", "cpu")
                .map(kind -> DynamicTest.dynamicTest(name + " on " + kind, () -> {
                    try (Device device = kind.equals("cpu")
                                    ? new CpuDevice(new CpuConfig(2, CpuConfig.BlasMode.BUILTIN, true))
                                    : new ReferenceDevice();
                            MatVlmFixture setting = MatVlmFixture.open(device)) {
                        law.check(setting);
                    }
                }));
    }

    @TestFactory
    Stream<DynamicTest> logitsOfPaddedBatchesAreTheOfficialOnes() {
        return onEachDevice("logits", setting -> {
            for (String batch : List.of("b1", "b2")) {
                List<Sample> samples = setting.samples(batch.equals("b1") ? "" : "b2.");
                Batch rows = Batch.of(samples, 0);
                Device device = setting.student().device();
                for (LoadedModel model : List.of(setting.teacher(), setting.student())) {
                    String who = model == setting.teacher() ? "teacher" : "student";
                    Tensor logits = model.model()
                            .forward(
                                    model.params(),
                                    PaddedBatches.inputs(PaddingMask.KEYS, rows, device),
                                    ActivationRecorder.NONE);
                    setting.fixture().assertAgrees("logits", "out.%s.%s_logits".formatted(batch, who), logits);
                    Tensor labels = TestParts.loss("type = cross-entropy")
                            .compute(new LossInputs(logits, logits, rows.targets(device), rows.paddingMask(device)));
                    setting.fixture().assertAgrees("value", "out.%s.official.%s_ce".formatted(batch, who), labels);
                }
            }
        });
    }

    @TestFactory
    Stream<DynamicTest> everyLossIsTheOfficialOne() {
        return VARIANTS.entrySet().stream()
                .flatMap(variant -> onEachDevice(variant.getKey(), setting -> {
                    for (String batch : List.of("b1", "b2")) {
                        losses(setting, batch, variant.getKey(), variant.getValue());
                    }
                }));
    }

    private void losses(MatVlmFixture setting, String batch, String variant, List<String> losses) {
        String labels = "{ type = cross-entropy, weight = " + losses.get(2) + " }";
        TrainingStage stage = stage(losses.get(0) + ", " + losses.get(1) + ", " + labels, 1, 0);
        List<Sample> samples = setting.samples(batch.equals("b1") ? "" : "b2.");
        try (GradientAccumulator step = new GradientAccumulator()) {
            stage.objective(setting.context(folder, samples, ProgressListener.NONE))
                    .accumulate(Batch.of(samples, 0), 1, setting.trained(), step);
            StepMetrics values = step.metrics();
            String prefix = "out." + batch + "." + variant + ".";
            List<String> names = stage.stage().losses().stream()
                    .map(lossTerm -> lossTerm.label())
                    .toList();
            scalar(setting, "value", prefix + "kl", values.losses().get(names.get(1)));
            scalar(setting, "value", prefix + "student_ce", values.losses().get(names.get(2)));
            scalar(setting, "loss", prefix + "loss", values.loss());
            if (setting.fixture().names().contains(prefix + "teacher_input_loss")) {
                scalar(
                        setting,
                        "loss",
                        prefix + "teacher_input_loss",
                        values.losses().get(names.get(0)));
                assertEquals(Set.of(0), values.layerLosses().get(names.get(0)).keySet());
            }
        }
    }

    private static void scalar(MatVlmFixture setting, String kind, String name, double value) {
        setting.fixture().assertAgrees(kind, name, Shape.of(), new double[] {value});
    }

    @TestFactory
    Stream<DynamicTest> gradientsAreTheOfficialOnes() {
        return onEachDevice("gradients", setting -> {
            try (GradientAccumulator step = new GradientAccumulator()) {
                List<Sample> samples = setting.samples("");
                stage(LAYERS + ", " + KL, 1, 0)
                        .objective(setting.context(folder, samples, ProgressListener.NONE))
                        .accumulate(Batch.of(samples, 0), 1, setting.trained(), step);
                Map<String, Tensor> gradients = new LinkedHashMap<>();
                setting.trained().forEach(name -> gradients.put(name, step.gradient(name)));
                Map<String, double[]> official = setting.official(gradients);
                assertEquals(12, official.size());
                official.forEach((name, values) -> setting.fixture()
                        .assertAgrees("grad", "out.grad0.model." + name, shape(setting, name), values));
            }
        });
    }

    private static Shape shape(MatVlmFixture setting, String name) {
        return setting.fixture().shape(MatVlmFixture.INIT + name);
    }

    @TestFactory
    Stream<DynamicTest> fiveStepsAreTheOfficialOnes() {
        return Stream.of("", "clip0.1.")
                .flatMap(clip -> onEachDevice("five steps " + clip, setting -> {
                    Path run = Files.createTempDirectory(folder, "run");
                    stage(LAYERS + ", " + KL, 5, clip.isEmpty() ? 0 : 0.1)
                            .run(setting.context(run, setting.samples(""), (done, total, loss, rate) -> {
                                if (done == 1 && clip.isEmpty()) {
                                    compareParameters(setting, "out.param_after1.model.");
                                }
                            }));
                    List<JsonObject> lines = new ArrayList<>();
                    for (String line : Files.readAllLines(run.resolve("metrics.jsonl"))) {
                        lines.add(Json.parseObject(line, "metrics"));
                    }
                    double[] losses = lines.stream()
                            .mapToDouble(line -> line.real("loss"))
                            .toArray();
                    double[] norms = lines.stream()
                            .mapToDouble(line -> line.real("grad_norm"))
                            .toArray();
                    setting.fixture().assertAgrees("loss", "out." + clip + "losses", Shape.of(5), losses);
                    setting.fixture().assertAgrees("grad", "out." + clip + "grad_norms", Shape.of(5), norms);
                    compareParameters(setting, "out." + clip + "param_after5.model.");
                }));
    }

    // the twin has no parameters; AdamW divides by the root of squares, so noise of small gradients is large in moves
    private static void compareParameters(MatVlmFixture setting, String prefix) {
        Map<String, double[]> official = Scope.run(
                setting.student().device(),
                () -> setting.official(setting.student().params().asMap()));
        assertEquals(12, official.size());
        official.forEach((name, values) -> {
            float[] begin = setting.fixture().floats(MatVlmFixture.INIT + name);
            float[] end = setting.fixture().floats(prefix + name);
            double[] expected = new double[end.length];
            double[] moved = new double[end.length];
            for (int i = 0; i < end.length; i++) {
                expected[i] = end[i] - begin[i];
                moved[i] = values[i] - begin[i];
            }
            TensorAssertions.assertClose(prefix + name, shape(setting, name), expected, moved, 1e-3);
        });
    }
}
