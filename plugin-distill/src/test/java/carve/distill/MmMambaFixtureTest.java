package carve.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.data.Batch;
import carve.api.data.Sample;
import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.json.Json;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.model.LayerPlan;
import carve.api.model.LoadedModel;
import carve.api.model.ModelSpec;
import carve.api.param.ParamSpec;
import carve.api.param.ParamStore;
import carve.api.stage.ProgressListener;
import carve.api.tensor.HostTensor;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.cpu.CpuDevice;
import carve.cpu.config.CpuConfig;
import carve.hocon.Hocon;
import carve.models.hovle.HovleFamily;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import carve.runtime.plan.LayerPlanReader;
import carve.runtime.train.GradientAccumulator;
import carve.runtime.train.StageContext;
import carve.runtime.train.TrainingStage;
import carve.testkit.Fixture;
import carve.testkit.TensorAssertions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The three stages of mmMamba make the steps of the official code: losses, gradients, clipping, parameters. */
final class MmMambaFixtureTest {
    private static final String NEW = "A_log_bias,dt_bias,conv1d.*,in_proj.weight,g_proj.weight,g_norm.weight";
    private static final String PROJECTIONS = "q_proj.weight,k_proj.weight,v_proj.weight";
    private static final String OF_LOGITS = "conv1d.*,in_proj.weight,g_proj.weight,g_norm.weight," + PROJECTIONS;
    private static final HovleFamily FAMILY = new HovleFamily();

    @TempDir
    private Path folder;

    private static Device device(String name) {
        return name.equals("cpu")
                ? new CpuDevice(new CpuConfig(2, CpuConfig.BlasMode.BUILTIN, true))
                : new ReferenceDevice();
    }

    /** A fixture's teacher, student and data on a device. */
    private record Setting(Fixture fixture, LoadedModel teacher, LoadedModel student, Device device)
            implements AutoCloseable {
        static Setting open(String name, Device device) {
            Fixture fixture = Fixture.open("distill_mm/" + name);
            Path path = Fixture.folder().resolve("hovle_tiny");
            try (ModelFolder files = ModelFolder.open(path, List.of(FAMILY), TestCatalogs.CATALOGS.mixerCatalog())) {
                LoadedModel teacher = files.load(device, WeightPrecision.F32);
                String layers = name.endsWith("hybrid") ? "[keep, mamba2, keep, \"mamba2 x3\"]" : "[\"mamba2 x6\"]";
                LayerPlan plan = LayerPlanReader.read(Hocon.parse("layers = " + layers, "plan"));
                ModelSpec spec = FAMILY.studentSpec(files.spec(), plan, TestCatalogs.CATALOGS.mixerCatalog());
                return new Setting(fixture, teacher, student(fixture, teacher, spec), device);
            }
        }

        private static LoadedModel student(Fixture fixture, LoadedModel teacher, ModelSpec spec) {
            ParamStore params = new ParamStore(teacher.device());
            for (ParamSpec param : spec.parameters()) {
                String official = official(spec, param.name());
                Tensor value = fixture.names().contains("init." + official)
                        ? fixture.tensor(teacher.device(), "init." + official)
                        : Tensors.of(
                                teacher.device(),
                                param.shape(),
                                teacher.params().get(param.name()).floats());
                params.put(param.name(), value);
            }
            return new LoadedModel(teacher.family(), spec, params);
        }

        static String official(ModelSpec spec, String name) {
            return FAMILY.trainingNames(spec).checkpointName(name);
        }

        List<Integer> converted() {
            return IntStream.range(0, 6)
                    .filter(i ->
                            student.spec().layers().get(i).mixerSpec().name().equals("mamba2"))
                    .boxed()
                    .toList();
        }

        StageContext context(Path folder, ProgressListener progressListener) {
            return new StageContext(
                    Optional.of(teacher),
                    student,
                    converted(),
                    rows(fixture),
                    folder,
                    Optional.empty(),
                    false,
                    progressListener);
        }

        @Override
        public void close() {
            fixture.close();
            teacher.close();
            student.close();
        }
    }

    /** Returns the rows of a fixture; zeros at their ends are padding. */
    private static FixtureDataSource rows(Fixture fixture) {
        int[] ids = fixture.ints("in.input_ids");
        int rows = fixture.shape("in.input_ids").extent(0);
        int positions = ids.length / rows;
        float[] pixels = fixture.floats("in.pixel_values");
        Shape shape = fixture.shape("in.pixel_values");
        int tiles = shape.extent(0) / rows;
        int size = pixels.length / rows;
        List<Sample> samples = new ArrayList<>();
        for (int b = 0; b < rows; b++) {
            int[] row = Arrays.copyOfRange(ids, b * positions, (b + 1) * positions);
            int length = positions;
            while (row[length - 1] == 0) {
                length--;
            }
            HostTensor media =
                    new HostTensor(shape.with(0, tiles), Arrays.copyOfRange(pixels, b * size, (b + 1) * size));
            samples.add(new Sample(Arrays.copyOf(row, length), new boolean[length], Map.of("pixel_values", media)));
        }
        return new FixtureDataSource(samples);
    }

    private static TrainingStage stage(String fixture, int steps, double clip) {
        return stage(fixture, steps, clip, 256);
    }

    private static TrainingStage stage(String fixture, int steps, double clip, double megabytes) {
        String layers =
                "type = distill, name = " + fixture + ", start-from = any, steps = " + steps + ", max-gradient-norm = "
                        + clip + ", max-logits-mib = " + megabytes
                        + ", tensorboard = false, padding-mask = none, schedule { type = constant }\n";
        String heads = "inputs = teacher\n"
                + "losses = [{ type = mean-squared-error, site = heads, weight = 1000, mask = all, reduction = mean }]\n";
        return TestCatalogs.stage(layers
                + switch (fixture) {
                    case "stage1" ->
                        heads + "batch-size = 2, optimizer.learning-rate = 1e-3, train = [\"layers.*.mixer.{" + NEW
                                + "}\"]";
                    case "stage2" ->
                        heads + "batch-size = 2, optimizer.learning-rate = 5e-4, train = [\"layers.*.mixer.{" + NEW
                                + "," + PROJECTIONS + "}\"]";
                    default ->
                        "inputs = own, losses = [{ type = kl, mask = all, reduction = batch-mean }]\n"
                                + "batch-size = 1, optimizer.learning-rate = 5e-5, train = [\"layers.*.mixer.{"
                                + OF_LOGITS
                                + "}\"]";
                });
    }

    private List<JsonObject> metrics() throws IOException {
        List<JsonObject> lines = new ArrayList<>();
        for (String line : Files.readAllLines(folder.resolve("metrics.jsonl"))) {
            lines.add(Json.parseObject(line, "metrics"));
        }
        return lines;
    }

    private double[] column(ToDoubleFunction<JsonObject> value) throws IOException {
        return metrics().stream().mapToDouble(value).toArray();
    }

    private static void compareParameters(Setting setting, String prefix, String after) {
        Fixture fixture = setting.fixture();
        for (String name : setting.student().params().names()) {
            String official = Setting.official(setting.student().spec(), name);
            Tensor value = setting.student().params().get(name);
            if (fixture.names().contains("out.paramnorm_" + after + "." + official) && prefix.isEmpty()) {
                fixture.assertAgrees(
                        "norm", "out.paramnorm_" + after + "." + official, Shape.of(), new double[] {norm(value)});
            }
            String whole = "out." + prefix + "param_" + after + "." + official;
            if (fixture.names().contains(whole)) {
                compareMoves(setting, whole, name, official, value.floats());
            }
        }
    }

    // the twin has no whole parameters; AdamW divides by the root of squares, so noise of small gradients is large in
    // moves
    private static void compareMoves(Setting setting, String whole, String name, String official, float[] actual) {
        Fixture fixture = setting.fixture();
        String init = "init." + official;
        float[] begin = fixture.names().contains(init)
                ? fixture.floats(init)
                : setting.teacher().params().get(name).floats();
        float[] end = fixture.floats(whole);
        double[] expected = new double[end.length];
        double[] moved = new double[end.length];
        for (int i = 0; i < end.length; i++) {
            expected[i] = end[i] - begin[i];
            moved[i] = actual[i] - begin[i];
        }
        TensorAssertions.assertClose(whole, fixture.shape(whole), expected, moved, 1e-3);
    }

    private static double norm(Tensor value) {
        double sum = 0;
        for (float x : value.floats()) {
            sum += (double) x * x;
        }
        return Math.sqrt(sum);
    }

    @ParameterizedTest
    @CsvSource({
        "stage1, reference",
        "stage2, reference",
        "stage3_linear, reference",
        "stage3_hybrid, reference",
        "stage1, cpu",
        "stage2, cpu",
        "stage3_linear, cpu",
        "stage3_hybrid, cpu"
    })
    void fiveStepsAreTheOfficialOnes(String name, String deviceName) throws IOException {
        try (Device device = device(deviceName);
                Setting setting = Setting.open(name, device)) {
            stage(name, 5, 0).run(setting.context(folder, (done, total, loss, rate) -> {
                if (done == 1) {
                    compareParameters(setting, "", "after1");
                }
            }));
            Fixture fixture = setting.fixture();
            fixture.assertAgrees("loss", "out.losses", Shape.of(5), column(line -> line.real("loss")));
            fixture.assertAgrees("grad", "out.grad_norms", Shape.of(5), column(line -> line.real("grad_norm")));
            if (fixture.names().contains("out.layer_mse0")) {
                JsonObject layers = metrics().getFirst().object("layers").object("mean-squared-error@heads");
                double[] values = layers.members().values().stream()
                        .mapToDouble(x -> ((JsonNumber) x).real())
                        .toArray();
                fixture.assertAgrees("loss", "out.layer_mse0", Shape.of(6), values);
            }
            compareParameters(setting, "", "after5");
        }
    }

    @ParameterizedTest
    @CsvSource({"stage1, reference", "stage2, reference", "stage1, cpu", "stage2, cpu"})
    void clippedStepsAreTheOfficialOnes(String name, String deviceName) throws IOException {
        try (Device device = device(deviceName);
                Setting setting = Setting.open(name, device)) {
            stage(name, 5, 2).run(setting.context(folder, ProgressListener.NONE));
            Fixture fixture = setting.fixture();
            fixture.assertAgrees("loss", "out.clip2.losses", Shape.of(5), column(line -> line.real("loss")));
            fixture.assertAgrees("grad", "out.clip2.grad_norms", Shape.of(5), column(line -> line.real("grad_norm")));
            compareParameters(setting, "clip2.", "after5");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "stage1, reference, 256",
        "stage2, reference, 256",
        "stage3_linear, reference, 256",
        "stage3_hybrid, reference, 256",
        "stage1, cpu, 256",
        "stage2, cpu, 256",
        "stage3_linear, cpu, 256",
        "stage3_hybrid, cpu, 256",
        "stage3_linear, reference, 0.001",
        "stage3_hybrid, cpu, 0.001"
    })
    void gradientsAreTheOfficialOnes(String name, String deviceName, double megabytes) {
        try (Device device = device(deviceName);
                Setting setting = Setting.open(name, device);
                GradientAccumulator step = new GradientAccumulator()) {
            TrainingStage stage = stage(name, 1, 0, megabytes);
            Set<String> trained = new LinkedHashSet<>(
                    setting.student().params().select(stage.stage().train()));
            trained.removeIf(p -> setting.converted().stream().noneMatch(i -> p.startsWith("layers." + i + ".")));
            FixtureDataSource fixtureDataSource = rows(setting.fixture());
            List<Sample> samples = List.of(
                            fixtureDataSource.sample(0).orElseThrow(),
                            fixtureDataSource.sample(1).orElseThrow())
                    .subList(0, (int) fixtureDataSource.size());
            stage.objective(setting.context(folder, ProgressListener.NONE))
                    .accumulate(Batch.of(samples, 0), 1, trained, step);
            int compared = 0;
            for (String param : trained) {
                String official = Setting.official(setting.student().spec(), param);
                Tensor gradient = step.gradient(param);
                setting.fixture()
                        .assertAgrees("grad", "out.gradnorm0." + official, Shape.of(), new double[] {norm(gradient)});
                if (setting.fixture().names().contains("out.grad0." + official)) {
                    setting.fixture().assertAgrees("grad", "out.grad0." + official, gradient);
                    compared++;
                }
            }
            long expected = setting.fixture().names().stream()
                    .filter(n -> n.startsWith("out.grad0."))
                    .count();
            assertEquals(expected, compared);
        }
    }
}
