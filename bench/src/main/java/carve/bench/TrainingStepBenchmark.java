package carve.bench;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.model.LoadedModel;
import carve.api.model.ModelSpec;
import carve.api.param.Selector;
import carve.hocon.Hocon;
import carve.runtime.convert.Conversion;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import carve.runtime.train.StageContext;
import carve.runtime.train.TrainingStage;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Steps of a stage on the demo's models: reading, forward, backward, optimizer and metrics, as the stage does them.
 *
 * <p>Work is what matrices of layers and the output need: 2 operations for each weight and position forward, 2 for the
 * gradient of what went in, 2 for that of a weight that is trained, and 2 for each of the teacher's. Padding, pictures, norms,
 * attention, scans and the optimizer do not count, though they take time.
 *
 * @param name what people call it
 * @param models whom to train on what
 * @param distillation whether the student learns from the teacher; else the teacher learns alone
 */
record TrainingStepBenchmark(String name, DemoModels models, boolean distillation) implements Benchmark {
    private static final String SUPERVISED = """
            name = bench, type = supervised, max-gradient-norm = 1, tensorboard = false, checkpoint-steps = 1000000
            optimizer { type = adamw, learning-rate = 1e-3 }, schedule { type = constant }
            """;
    private static final String DISTILLED = """
            name = bench, type = distill, inputs = own, start-from = any, tensorboard = false, checkpoint-steps = 1000000
            train = ["layers.*.mixer.**"], losses = [{ type = kl }]
            optimizer { type = adamw, learning-rate = 1e-3 }, schedule { type = constant }
            """;
    private static final int CHECKED_ROWS = 2;
    private static final int CHECKED_STEPS = 3;
    private static final int WARM_UP = 10;
    private static final double RATIO = 1e-4;

    @Override
    public List<BenchmarkResult> measure(BenchmarkContext benchmarkContext) {
        try (TemporaryFolders temporaryFolders = new TemporaryFolders();
                Device device = benchmarkContext.openDevice()) {
            CorrectnessGate correctnessGate = gate(benchmarkContext, device, temporaryFolders);
            Optional<Timing> timing = Optional.empty();
            if (correctnessGate.passed()) {
                int steps = WARM_UP + benchmarkContext.repetitions() + 1;
                timing = Optional.of(run(benchmarkContext, device, models.samples(), steps, temporaryFolders)
                        .timing(WARM_UP));
            }
            String shape = "%d rows, %d tokens"
                    .formatted(
                            models.samples().samples().size(),
                            models.samples().tokens().orElseThrow());
            String remark = timing.map(times -> String.format(
                            Locale.ROOT,
                            "%.0f tokens/s",
                            models.samples().tokens().orElseThrow() / times.median()))
                    .orElse("");
            return List.of(new BenchmarkResult(
                    name, shape, ran(device), work(benchmarkContext), correctnessGate, timing, remark));
        }
    }

    private static String ran(Device device) {
        Set<String> kinds = new TreeSet<>(device.context().kernels().choices().values());
        long kernels = kinds.stream().filter(kind -> kind.startsWith("kernel")).count();
        List<String> others =
                kinds.stream().filter(kind -> !kind.startsWith("kernel")).toList();
        return kernels + " kernels" + (others.isEmpty() ? "" : ", " + String.join(", ", others));
    }

    private CorrectnessGate gate(BenchmarkContext benchmarkContext, Device device, TemporaryFolders temporaryFolders) {
        FixedSamples few = models.samples().first(CHECKED_ROWS);
        try (Device reference = new ReferenceDevice()) {
            float[] expected = run(benchmarkContext, reference, few, CHECKED_STEPS, temporaryFolders)
                    .losses();
            float[] actual = run(benchmarkContext, device, few, CHECKED_STEPS, temporaryFolders)
                    .losses();
            return CorrectnessGate.compare(
                    "losses of %d steps on %d rows against the reference device".formatted(CHECKED_STEPS, CHECKED_ROWS),
                    expected,
                    actual,
                    RATIO);
        }
    }

    private StepTimer run(
            BenchmarkContext benchmarkContext,
            Device device,
            FixedSamples samples,
            int steps,
            TemporaryFolders temporaryFolders) {
        StepTimer clock = new StepTimer();
        try (ModelFolder teacherFolder = benchmarkContext.openModel(models.teacher());
                ModelFolder studentFolder = benchmarkContext.openModel(models.student());
                LoadedModel teacher = teacherFolder.load(device, WeightPrecision.F32);
                LoadedModel student = studentFolder.load(device, WeightPrecision.F32)) {
            List<Integer> converted = Conversion.converted(teacher.spec(), student.spec());
            StageContext context = distillation
                    ? context(Optional.of(teacher), student, converted, samples, temporaryFolders.create(), clock)
                    : context(Optional.empty(), teacher, List.of(), samples, temporaryFolders.create(), clock);
            stage(benchmarkContext, steps, samples.samples().size()).run(context);
        }
        return clock;
    }

    private static StageContext context(
            Optional<LoadedModel> teacher,
            LoadedModel student,
            List<Integer> converted,
            FixedSamples samples,
            Path folder,
            StepTimer clock) {
        return new StageContext(teacher, student, converted, samples, folder, Optional.empty(), false, clock);
    }

    private TrainingStage stage(BenchmarkContext benchmarkContext, int steps, int rows) {
        String text = (distillation ? DISTILLED : SUPERVISED) + "steps = %d, batch-size = %d".formatted(steps, rows);
        return TrainingStage.of(Hocon.parse(text, "bench"), benchmarkContext.catalogs());
    }

    private Work work(BenchmarkContext benchmarkContext) {
        try (ModelFolder teacher = benchmarkContext.openModel(models.teacher());
                ModelFolder student = benchmarkContext.openModel(models.student())) {
            double each = distillation
                    ? 4 * weights(student.spec(), "**")
                            + 2 * weights(student.spec(), "layers.*.mixer.**")
                            + 2 * weights(teacher.spec(), "**")
                    : 6 * weights(teacher.spec(), "**");
            return new Work(each * models.samples().tokens().orElseThrow(), 0);
        }
    }

    // elements of matrices that every position is multiplied by
    private static double weights(ModelSpec spec, String glob) {
        List<String> names = spec.parameters().stream()
                .filter(parameter ->
                        parameter.shape().rank() == 2 && !parameter.name().startsWith("input."))
                .map(parameter -> parameter.name())
                .toList();
        Set<String> chosen = Set.copyOf(Selector.of(List.of(glob)).select(new TreeSet<>(names)));
        return spec.parameters().stream()
                .filter(parameter -> chosen.contains(parameter.name()))
                .mapToDouble(parameter -> parameter.shape().size())
                .sum();
    }
}
