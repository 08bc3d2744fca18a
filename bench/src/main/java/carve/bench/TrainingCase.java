package carve.bench;

import carve.api.config.Settings;
import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.model.Conversion;
import carve.api.model.LoadedModel;
import carve.api.model.ModelFolder;
import carve.api.model.ModelSpec;
import carve.api.model.Storage;
import carve.api.param.Selector;
import carve.api.stage.Stage;
import carve.api.stage.StageContext;
import carve.api.stage.StageProvider;
import carve.hocon.Hocon;
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
 * @param distilled whether the student learns from the teacher; else the teacher learns alone
 */
record TrainingCase(String name, DemoModels models, boolean distilled) implements Case {
    private static final String SUPERVISED = """
            name = bench, type = supervised, gradient-clip = 1, tensorboard = false, checkpoint-every = 1000000
            optimizer { type = adamw, rate = 1e-3 }, schedule { type = constant }
            """;
    private static final String DISTILLED = """
            name = bench, type = distill, forcing = none, start = any, tensorboard = false, checkpoint-every = 1000000
            train = ["layers.*.mixer.**"], losses = [{ type = kl }]
            optimizer { type = adamw, rate = 1e-3 }, schedule { type = constant }
            """;
    private static final int CHECKED_ROWS = 2;
    private static final int CHECKED_STEPS = 3;
    private static final int WARM_UP = 10;
    private static final double RATIO = 1e-4;

    @Override
    public List<Row> measure(Bench bench) {
        try (Folders folders = new Folders();
                Device device = bench.open()) {
            Gate gate = gate(bench, device, folders);
            Optional<Timing> timing = Optional.empty();
            if (gate.green()) {
                int steps = WARM_UP + bench.repetitions() + 1;
                timing = Optional.of(
                        run(bench, device, models.samples(), steps, folders).timing(WARM_UP));
            }
            String shape = "%d rows, %d tokens"
                    .formatted(
                            models.samples().samples().size(), models.samples().tokens());
            String remark = timing.map(times -> String.format(
                            Locale.ROOT, "%.0f tokens/s", models.samples().tokens() / times.median()))
                    .orElse("");
            return List.of(new Row(name, shape, ran(device), work(bench), gate, timing, remark));
        }
    }

    private static String ran(Device device) {
        Set<String> kinds = new TreeSet<>(device.workspace().choices().values());
        long kernels = kinds.stream().filter(kind -> kind.startsWith("kernel")).count();
        List<String> others =
                kinds.stream().filter(kind -> !kind.startsWith("kernel")).toList();
        return kernels + " kernels" + (others.isEmpty() ? "" : ", " + String.join(", ", others));
    }

    private Gate gate(Bench bench, Device device, Folders folders) {
        FixedSamples few = models.samples().first(CHECKED_ROWS);
        try (Device reference = new ReferenceDevice()) {
            float[] expected =
                    run(bench, reference, few, CHECKED_STEPS, folders).losses();
            float[] actual = run(bench, device, few, CHECKED_STEPS, folders).losses();
            return Gate.close(
                    "losses of %d steps on %d rows against the reference device".formatted(CHECKED_STEPS, CHECKED_ROWS),
                    expected,
                    actual,
                    RATIO);
        }
    }

    private StepClock run(Bench bench, Device device, FixedSamples samples, int steps, Folders folders) {
        StepClock clock = new StepClock();
        try (ModelFolder teacherFolder = bench.model(models.teacher());
                ModelFolder studentFolder = bench.model(models.student());
                LoadedModel teacher = teacherFolder.load(device, Storage.F32);
                LoadedModel student = studentFolder.load(device, Storage.F32)) {
            List<Integer> converted = Conversion.converted(teacher.spec(), student.spec());
            StageContext context = distilled
                    ? context(Optional.of(teacher), student, converted, samples, folders.next(), clock)
                    : context(Optional.empty(), teacher, List.of(), samples, folders.next(), clock);
            stage(bench, steps, samples.samples().size()).run(context);
        }
        return clock;
    }

    private static StageContext context(
            Optional<LoadedModel> teacher,
            LoadedModel student,
            List<Integer> converted,
            FixedSamples samples,
            Path folder,
            StepClock clock) {
        return new StageContext(teacher, student, converted, samples, folder, Optional.empty(), false, clock);
    }

    private Stage stage(Bench bench, int steps, int rows) {
        String text = (distilled ? DISTILLED : SUPERVISED) + "steps = %d, batch-size = %d".formatted(steps, rows);
        return bench.catalogs()
                .stages()
                .create(
                        Hocon.parse(text, "bench"),
                        (StageProvider provider, Settings settings) ->
                                provider.create(settings, bench.catalogs().parts()));
    }

    private Work work(Bench bench) {
        try (ModelFolder teacher = bench.model(models.teacher());
                ModelFolder student = bench.model(models.student())) {
            double each = distilled
                    ? 4 * weights(student.spec(), "**")
                            + 2 * weights(student.spec(), "layers.*.mixer.**")
                            + 2 * weights(teacher.spec(), "**")
                    : 6 * weights(teacher.spec(), "**");
            return new Work(each * models.samples().tokens(), 0);
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
