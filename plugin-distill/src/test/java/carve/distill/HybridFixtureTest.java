package carve.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.checkpoint.Elements;
import carve.api.checkpoint.NameMap;
import carve.api.checkpoint.TensorData;
import carve.api.checkpoint.TensorSource;
import carve.api.checkpoint.TensorSources;
import carve.api.config.Json;
import carve.api.config.JsonObject;
import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.loss.Observations;
import carve.api.model.HostTensor;
import carve.api.model.LayerPlan;
import carve.api.model.LoadedModel;
import carve.api.model.ModelFolder;
import carve.api.model.ModelSpec;
import carve.api.model.Sample;
import carve.api.model.SiteProbe;
import carve.api.model.Storage;
import carve.api.param.ParamSpec;
import carve.api.param.ParamStore;
import carve.api.param.Selector;
import carve.api.stage.Batch;
import carve.api.stage.DataSource;
import carve.api.stage.Progress;
import carve.api.stage.StageContext;
import carve.api.tensor.DType;
import carve.api.tensor.Scope;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import carve.cpu.CpuConfig;
import carve.cpu.CpuDevice;
import carve.distill.training.StepBuffer;
import carve.distill.training.StepValues;
import carve.hocon.Hocon;
import carve.models.llava.LlavaFamily;
import carve.testkit.Close;
import carve.testkit.Fixture;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** The single stage of MaTVLM makes the steps of the official code: every loss, gradients, clipping, parameters. */
final class HybridFixtureTest {
    private static final LlavaFamily FAMILY = new LlavaFamily();
    private static final int IMAGE = -200;
    private static final int FEATURES = 15;
    private static final String INIT = "init.model.";
    private static final String LAYERS =
            "{ type = frobenius, forcing = teacher, layers = sum, mask = all, reduction = sum }";
    private static final String BY_SOFTMAX = "{ type = kl, at = hidden, layers = sum, mask = all, reduction = batch";
    private static final String KL = "{ type = kl, mask = all, reduction = batch }";
    private static final String TRAIN = "\"layers.*.mixer.**\", \"input.connector.**\"";

    /** The official variants: what layers learn from, what logits do, and the weight of labels. */
    private static final Map<String, List<String>> VARIANTS = new TreeMap<>(Map.of(
            "official", List.of(LAYERS, KL, "0"),
            "kl_T2", List.of(LAYERS, KL.replace("kl,", "kl, temperature = 2,"), "0"),
            "tlkl", List.of(BY_SOFTMAX + ", forcing = teacher }", KL, "0"),
            "jsd", List.of(LAYERS, KL.replace("kl,", "jensen-shannon, form = swapped,"), "0"),
            "reverse", List.of(LAYERS, KL.replace("kl,", "reverse-kl,"), "0"),
            "ce", List.of(LAYERS, "{ type = hard-cross-entropy, mask = all, reduction = tokens }", "0"),
            "l2", List.of(LAYERS, "{ type = frobenius, at = logits, mask = all, reduction = sum }", "0"),
            "ce_weight1", List.of(LAYERS, KL, "1"),
            "sl", List.of(BY_SOFTMAX + ", forcing = student }", KL, "0")));

    @TempDir
    private Path folder;

    /** A fixture's teacher and student on a device. */
    private record Setting(Fixture fixture, LoadedModel teacher, LoadedModel student, NameMap names)
            implements AutoCloseable {
        static Setting open(Device device) {
            Fixture fixture = Fixture.open("distill_ma/step");
            Path path = Fixture.folder().resolve("matvlm_teacher_tiny");
            try (ModelFolder files = ModelFolder.open(path, List.of(FAMILY), Plugins.CATALOGS.mixerCatalog())) {
                LoadedModel teacher = files.load(device, Storage.F32);
                LayerPlan plan = LayerPlan.from(Hocon.parse("layers = [mamba-in-llama, \"keep x3\"]", "plan"));
                ModelSpec spec = FAMILY.convert(files.spec(), plan, Plugins.CATALOGS.mixerCatalog());
                NameMap names = FAMILY.names(spec);
                return new Setting(fixture, teacher, student(fixture, teacher, spec, names), names);
            }
        }

        private static LoadedModel student(Fixture fixture, LoadedModel teacher, ModelSpec spec, NameMap names) {
            Map<String, TensorData> given = new LinkedHashMap<>();
            for (String name : fixture.names()) {
                if (name.startsWith(INIT)) {
                    TensorType type = new TensorType(DType.F32, fixture.shape(name));
                    given.put(
                            name.substring(INIT.length()),
                            new TensorData(type, MemorySegment.ofArray(fixture.floats(name))));
                }
            }
            TensorSource init = names.toModel(TensorSources.of(given));
            ParamStore params = new ParamStore(teacher.device());
            for (ParamSpec param : spec.parameters()) {
                Tensor value = init.names().contains(param.name())
                        ? Tensors.upload(teacher.device(), init.type(param.name()), init.data(param.name()))
                        : Tensors.of(
                                teacher.device(),
                                param.shape(),
                                teacher.params().get(param.name()).floats());
                params.put(param.name(), value);
            }
            return new LoadedModel(teacher.family(), spec, params);
        }

        /** Returns values by the names of the official student. */
        Map<String, double[]> official(Map<String, Tensor> values) {
            Map<String, TensorData> data = new LinkedHashMap<>();
            values.forEach((name, tensor) ->
                    data.put(name, new TensorData(tensor.type(), MemorySegment.ofArray(tensor.floats()))));
            TensorSource checkpoint = names.toCheckpoint(TensorSources.of(data));
            Map<String, double[]> official = new LinkedHashMap<>();
            for (String name : checkpoint.names()) {
                if (fixture.names().contains(INIT + name)) {
                    official.put(name, Elements.doubles(checkpoint.type(name).dtype(), checkpoint.data(name)));
                }
            }
            return official;
        }

        Set<String> trained() {
            Set<String> names = new LinkedHashSet<>(
                    student.params().select(Selector.of("layers.0.mixer.**", "input.connector.**")));
            return names;
        }

        StageContext context(Path folder, List<Sample> samples, Progress progress) {
            return new StageContext(
                    Optional.of(teacher),
                    student,
                    List.of(0),
                    new Rows(samples),
                    folder,
                    Optional.empty(),
                    false,
                    progress);
        }

        /** Returns the rows of a batch, with a token for each position of a picture. */
        List<Sample> samples(String prefix) {
            int[] ids = fixture.ints("in." + prefix + "input_ids");
            int[] labels = fixture.ints("in." + prefix + "labels");
            float[] pixels = fixture.floats("in." + prefix + "images");
            Shape picture = fixture.shape("in." + prefix + "images").with(0, 1);
            int rows = fixture.shape("in." + prefix + "input_ids").extent(0);
            int each = ids.length / rows;
            List<Sample> samples = new ArrayList<>();
            for (int b = 0; b < rows; b++) {
                List<Integer> tokens = new ArrayList<>();
                List<Boolean> answers = new ArrayList<>();
                for (int t = b * each; t < (b + 1) * each && present(prefix, t); t++) {
                    for (int i = 0; i < (ids[t] == IMAGE ? FEATURES : 1); i++) {
                        tokens.add(ids[t]);
                        answers.add(labels[t] >= 0);
                    }
                }
                boolean[] answer = new boolean[tokens.size()];
                for (int t = 0; t < answer.length; t++) {
                    answer[t] = answers.get(t);
                }
                int size = (int) picture.size();
                samples.add(new Sample(
                        tokens.stream().mapToInt(i -> i).toArray(),
                        answer,
                        Map.of(
                                "images",
                                new HostTensor(picture, Arrays.copyOfRange(pixels, b * size, (b + 1) * size)))));
            }
            return samples;
        }

        private boolean present(String prefix, int at) {
            String mask = "in." + prefix + "attention_mask";
            return !fixture.names().contains(mask) || fixture.ints(mask)[at] == 1;
        }

        @Override
        public void close() {
            fixture.close();
            teacher.close();
            student.close();
        }
    }

    /** Samples, again and again. */
    private record Rows(List<Sample> samples) implements DataSource {
        @Override
        public long size() {
            return samples.size();
        }

        @Override
        public Optional<Sample> sample(long position) {
            return Optional.of(samples.get((int) (position % samples.size())));
        }

        @Override
        public String identity() {
            return "the rows of a fixture";
        }
    }

    private static DistillStage stage(String losses, int steps, double clip) {
        return (DistillStage) Plugins.stage("""
                type = distill, name = single, start = any, steps = %d, gradient-clip = %s, batch-size = 1
                tensorboard = false, pads = blank, among = except-kept, train = [%s], schedule { type = constant }
                optimizer { type = adamw, rate = 2e-4, betas = [0.9, 0.95], weight-decay = 0.01, no-decay = []
                            decay-min-rank = 2 }
                losses = [%s]
                """.formatted(steps, clip, TRAIN, losses));
    }

    /** A law on a setting. */
    private interface Law {
        void check(Setting setting) throws IOException;
    }

    private static Stream<DynamicTest> onEachDevice(String name, Law law) {
        return Stream.of("reference", "cpu")
                .map(kind -> DynamicTest.dynamicTest(name + " on " + kind, () -> {
                    try (Device device = kind.equals("cpu")
                                    ? new CpuDevice(new CpuConfig(2, CpuConfig.Blas.OWN, true))
                                    : new ReferenceDevice();
                            Setting setting = Setting.open(device)) {
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
                    Tensor logits =
                            model.model().forward(model.params(), Pads.BLANK.inputs(rows, device), SiteProbe.NONE);
                    setting.fixture().assertAgrees("logits", "out.%s.%s_logits".formatted(batch, who), logits);
                    Tensor labels = Parts.loss("type = cross-entropy")
                            .of(new Observations(logits, logits, rows.targets(device), rows.mask(device)));
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

    private void losses(Setting setting, String batch, String variant, List<String> losses) {
        String labels = "{ type = cross-entropy, weight = " + losses.get(2) + " }";
        DistillStage stage = stage(losses.get(0) + ", " + losses.get(1) + ", " + labels, 1, 0);
        List<Sample> samples = setting.samples(batch.equals("b1") ? "" : "b2.");
        try (StepBuffer step = new StepBuffer()) {
            stage.objective(setting.context(folder, samples, Progress.NONE))
                    .accumulate(Batch.of(samples, 0), 1, setting.trained(), step);
            StepValues values = step.read();
            String prefix = "out." + batch + "." + variant + ".";
            List<String> names =
                    stage.settings().terms().stream().map(term -> term.label()).toList();
            scalar(setting, "value", prefix + "kl", values.losses().get(names.get(1)));
            scalar(setting, "value", prefix + "student_ce", values.losses().get(names.get(2)));
            scalar(setting, "loss", prefix + "loss", values.loss());
            if (setting.fixture().names().contains(prefix + "teacher_input_loss")) {
                scalar(
                        setting,
                        "loss",
                        prefix + "teacher_input_loss",
                        values.losses().get(names.get(0)));
                assertEquals(Set.of(0), values.layers().get(names.get(0)).keySet());
            }
        }
    }

    private static void scalar(Setting setting, String kind, String name, double value) {
        setting.fixture().assertAgrees(kind, name, Shape.of(), new double[] {value});
    }

    @TestFactory
    Stream<DynamicTest> gradientsAreTheOfficialOnes() {
        return onEachDevice("gradients", setting -> {
            try (StepBuffer step = new StepBuffer()) {
                List<Sample> samples = setting.samples("");
                stage(LAYERS + ", " + KL, 1, 0)
                        .objective(setting.context(folder, samples, Progress.NONE))
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

    private static Shape shape(Setting setting, String name) {
        return setting.fixture().shape(INIT + name);
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
    private static void compareParameters(Setting setting, String prefix) {
        Map<String, double[]> official = Scope.run(
                setting.student().device(),
                () -> setting.official(setting.student().params().asMap()));
        assertEquals(12, official.size());
        official.forEach((name, values) -> {
            float[] begin = setting.fixture().floats(INIT + name);
            float[] end = setting.fixture().floats(prefix + name);
            double[] expected = new double[end.length];
            double[] moved = new double[end.length];
            for (int i = 0; i < end.length; i++) {
                expected[i] = end[i] - begin[i];
                moved[i] = values[i] - begin[i];
            }
            Close.ratio(prefix + name, shape(setting, name), expected, moved, 1e-3);
        });
    }
}
