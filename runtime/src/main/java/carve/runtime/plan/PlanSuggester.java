package carve.runtime.plan;

import carve.api.config.Settings;
import carve.api.config.SettingsException;
import carve.api.config.SettingsNode;
import carve.api.config.TreeSettings;
import carve.api.data.Batch;
import carve.api.data.Dataset;
import carve.api.data.Sample;
import carve.api.device.Device;
import carve.api.model.LayerPlan;
import carve.api.model.LoadedModel;
import carve.api.model.MixerSpec;
import carve.api.text.Processor;
import carve.runtime.catalog.Catalogs;
import carve.runtime.convert.Conversion;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import carve.runtime.progress.Progress;
import carve.runtime.train.Datasets;
import carve.runtime.train.ParamDigest;
import carve.runtime.train.StageContext;
import carve.runtime.train.TrainingStage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A search for the layers that need their attention most. All layers are converted and initialised from attention, each is
 * aligned with the teacher's layer for a few steps, and then each one alone replaces the teacher's layer.
 *
 * <p>Layers are measured one at a time. Layers that are converted together may need one another's attention more or less than
 * that; only distillation shows what a whole plan is worth.
 *
 * @param catalogs the installed plugins
 * @param device the device that runs the models
 * @param settings as {@code suggest.conf} has them
 */
public record PlanSuggester(Catalogs catalogs, Device device, TreeSettings settings) {
    /**
     * A suggested plan and its measurements.
     *
     * @param plan attention where it is needed most
     * @param layers the measurements of each layer, in the order of the layers
     * @param steps the number of alignment steps
     * @param samples the number of samples that were measured
     * @param measuredOnTrainingData whether some of the samples had been used for the alignment
     */
    public record Suggestion(
            LayerPlan plan, List<LayerScore> layers, long steps, int samples, boolean measuredOnTrainingData) {
        /** Copies the list. */
        public Suggestion {
            layers = List.copyOf(layers);
        }
    }

    /**
     * The measurements of one layer.
     *
     * @param label the layer's label in its model
     * @param rank 1 for the layer whose replacement changes the predictions most
     * @param initialised the effect of the replacement before the alignment
     * @param aligned the effect of the replacement after the alignment
     * @param kept whether the plan keeps the layer's attention
     */
    public record LayerScore(
            String label,
            int rank,
            LayerSensitivity.Effect initialised,
            LayerSensitivity.Effect aligned,
            boolean kept) {}

    private record Measurements(
            List<LayerSensitivity.Effect> initialised,
            List<LayerSensitivity.Effect> aligned,
            long steps,
            int samples,
            boolean onTrainingData) {}

    /**
     * Measures all layers.
     *
     * @param attention the number of layers that keep their attention
     * @param work an empty folder for temporary files, among them a student of the teacher's size
     * @throws SettingsException if the model has fewer layers than that, or a setting is wrong
     * @throws IOException if a file cannot be written
     */
    public Suggestion suggest(ModelFolder teacher, int attention, Path work, Progress progress) throws IOException {
        int count = teacher.spec().layers().size();
        if (attention < 0 || attention > count) {
            throw new SettingsException(
                    "cannot keep the attention of %d layers: the model has %d layers".formatted(attention, count));
        }
        LayerPlan all = convertAll(count);
        Measurements measurements = measure(teacher, all, work, progress);
        List<Integer> ranked = IntStream.range(0, count)
                .boxed()
                .sorted(Comparator.comparingDouble(
                        (Integer i) -> -measurements.aligned.get(i).klDivergence()))
                .toList();
        List<LayerScore> layers = new ArrayList<>();
        List<MixerSpec> mixers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int rank = ranked.indexOf(i) + 1;
            boolean kept = rank <= attention;
            String label = teacher.spec().layers().get(i).label();
            layers.add(new LayerScore(label, rank, measurements.initialised.get(i), measurements.aligned.get(i), kept));
            mixers.add(kept ? MixerSpec.of(MixerSpec.KEEP) : all.layers().get(i));
        }
        return new Suggestion(
                new LayerPlan(mixers), layers, measurements.steps, measurements.samples, measurements.onTrainingData);
    }

    private LayerPlan convertAll(int count) {
        String mixer = settings.string("mixer");
        SettingsNode repeat = new SettingsNode.Scalar(mixer, settings.origin("mixer"));
        var plan = new SettingsNode.Section(
                Map.of("repeat", repeat, "mixers", settings.section("mixers").asTree()), settings.origin());
        return LayerPlanReader.read(new TreeSettings(plan), count);
    }

    private Measurements measure(ModelFolder teacherFolder, LayerPlan plan, Path work, Progress progress)
            throws IOException {
        long seed = settings.longInteger("seed");
        TrainingStage stage = stage();
        long steps = settings.section("align").longInteger("steps");
        long trained = steps * settings.section("align").integer("batch-size");
        int wanted = settings.integer("samples");
        int rows = settings.integer("batch-size");
        Settings data = new TreeSettings(settings.section("data").asTree());
        settings.requireAllRead();
        Path start = work.resolve("start");
        Conversion conversion = Conversion.of(teacherFolder, plan, catalogs.mixerCatalog(), device, seed);
        try (Processor processor = teacherFolder.processor();
                Dataset dataset = Datasets.open(catalogs, data, processor, seed, progress);
                LoadedModel teacher = teacherFolder.load(device, WeightPrecision.F32)) {
            List<Batch> batches = batches(dataset, trained, wanted, rows);
            conversion.save(start, _ -> {});
            try (ModelFolder students = ModelFolder.open(start, catalogs);
                    LoadedModel student = students.load(device, WeightPrecision.F32)) {
                LayerSensitivity sensitivity = new LayerSensitivity(teacher, student);
                List<LayerSensitivity.Effect> initialised =
                        measure(sensitivity, batches, progress, "initialised layers");
                align(stage, teacher, student, conversion, dataset, work, progress);
                List<LayerSensitivity.Effect> aligned = measure(sensitivity, batches, progress, "aligned layers");
                int samples = batches.stream()
                        .mapToInt(batch -> batch.samples().size())
                        .sum();
                return new Measurements(initialised, aligned, steps, samples, trained + wanted > dataset.size());
            }
        }
    }

    private TrainingStage stage() {
        return TrainingStage.of(new TreeSettings(settings.section("align").asTree()), catalogs);
    }

    private static List<Batch> batches(Dataset dataset, long from, int wanted, int rows) {
        List<Sample> samples = new ArrayList<>();
        for (long i = 0; samples.size() < wanted && i < Math.min(dataset.size(), 4L * wanted); i++) {
            dataset.sample(from + i).ifPresent(samples::add);
        }
        if (samples.isEmpty()) {
            throw new SettingsException("data: no usable evaluation samples; skipped: " + dataset.skipped());
        }
        samples.sort(Comparator.comparing(sample -> sample.tokens().length));
        return IntStream.iterate(0, i -> i < samples.size(), i -> i + rows)
                .mapToObj(i -> Batch.of(samples.subList(i, Math.min(samples.size(), i + rows)), 0))
                .toList();
    }

    private static List<LayerSensitivity.Effect> measure(
            LayerSensitivity sensitivity, List<Batch> batches, Progress progress, String phase) {
        try (Progress.Phase listener = progress.begin(phase, "batches")) {
            return sensitivity.measure(batches, listener);
        }
    }

    private static void align(
            TrainingStage stage,
            LoadedModel teacher,
            LoadedModel student,
            Conversion conversion,
            Dataset dataset,
            Path work,
            Progress progress)
            throws IOException {
        Path folder = Files.createDirectories(work.resolve(stage.name()));
        try (Progress.Phase listener = progress.begin(stage.name(), "steps")) {
            stage.run(new StageContext(
                    Optional.of(teacher),
                    student,
                    conversion.converted(),
                    dataset,
                    folder,
                    Optional.of(ParamDigest.of(student.params())),
                    false,
                    listener));
        }
    }
}
