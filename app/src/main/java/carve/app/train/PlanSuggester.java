package carve.app.train;

import carve.api.config.Settings;
import carve.api.config.SettingsException;
import carve.api.config.SettingsNode;
import carve.api.config.TreeSettings;
import carve.api.data.Batch;
import carve.api.data.Dataset;
import carve.api.data.DatasetProvider;
import carve.api.data.Sample;
import carve.api.model.LayerPlan;
import carve.api.model.LoadedModel;
import carve.api.model.MixerSpec;
import carve.api.stage.ParamDigest;
import carve.api.stage.Stage;
import carve.api.stage.StageContext;
import carve.api.stage.StageProvider;
import carve.api.text.Processor;
import carve.app.report.ProgressBar;
import carve.app.report.TextTable;
import carve.app.wiring.AppContext;
import carve.runtime.convert.Conversion;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import carve.runtime.plan.LayerPlanReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Finds the layers that need their attention most, by measuring: all layers are converted and seeded, learn alone for a few
 * steps from the teacher's own inputs, and then each one alone takes the place of the teacher's.
 *
 * <p>What is measured is one layer at a time. Layers that are converted together may need one another's attention more or less
 * than that; what a whole plan is worth is told by distilling it.
 *
 * @param appContext what is installed
 * @param settings as {@code suggest.conf} has them
 */
public record PlanSuggester(AppContext appContext, TreeSettings settings) {
    /**
     * What came out.
     *
     * @param plan attention where it is needed most
     * @param table a line for each layer, with a header
     * @param remarks what was measured, and on what
     */
    public record Suggestion(LayerPlan plan, List<String> table, List<String> remarks) {}

    /** What is measured before and after the alignment, and how long that was. */
    private record Measurements(
            List<LayerSensitivity.Effect> initialised,
            List<LayerSensitivity.Effect> aligned,
            long steps,
            int samples,
            boolean sawTrainingData) {}

    /**
     * Measures all layers.
     *
     * @param attention how many layers stay as they are
     * @param work an empty folder for what is needed meanwhile
     * @throws IOException if a file cannot be written
     */
    public Suggestion suggest(ModelFolder teacher, int attention, Path work) throws IOException {
        int count = teacher.spec().layers().size();
        if (attention < 0 || attention > count) {
            throw new SettingsException("--attention: found %d; the model has %d layers".formatted(attention, count));
        }
        LayerPlan all = all(count);
        long seed = settings.longInteger("seed");
        Conversion conversion =
                Conversion.of(teacher, all, appContext.catalogs().mixerCatalog(), appContext.device(), seed);
        Measurements measurements = measured(teacher, conversion, seed, work);
        List<Integer> ranked = IntStream.range(0, count)
                .boxed()
                .sorted(Comparator.comparingDouble(
                        (Integer i) -> -measurements.aligned.get(i).klDivergence()))
                .toList();
        List<Integer> kept = ranked.subList(0, attention);
        LayerPlan plan = new LayerPlan(IntStream.range(0, count)
                .mapToObj(i -> kept.contains(i)
                        ? MixerSpec.of(MixerSpec.KEEP)
                        : all.layers().get(i))
                .toList());
        return new Suggestion(
                plan, table(teacher, measurements, ranked, kept).lines(), remarks(measurements, attention, count));
    }

    private LayerPlan all(int count) {
        String mixer = settings.string("mixer");
        SettingsNode repeat = new SettingsNode.Scalar(mixer, settings.origin("mixer"));
        var words = new SettingsNode.Section(
                Map.of("repeat", repeat, "mixers", settings.section("mixers").asTree()), settings.origin());
        return LayerPlanReader.read(new TreeSettings(words), count);
    }

    private Measurements measured(ModelFolder teacher, Conversion conversion, long seed, Path work) throws IOException {
        Stage stage = stage();
        long steps = settings.section("align").longInteger("steps");
        int size = settings.section("align").integer("batch-size");
        int wanted = settings.integer("samples");
        int rows = settings.integer("batch");
        Settings data = new TreeSettings(settings.section("data").asTree());
        settings.requireAllRead();
        Path start = work.resolve("start");
        try (Processor processor = teacher.processor();
                Dataset source = source(data, processor, seed);
                LoadedModel taught = teacher.load(appContext.device(), WeightPrecision.F32)) {
            List<Batch> batches = batches(source, steps * size, wanted, rows);
            conversion.save(start, _ -> {});
            try (ModelFolder students = appContext.openModel(start);
                    LoadedModel student = students.load(appContext.device(), WeightPrecision.F32)) {
                LayerSensitivity layerSensitivity = new LayerSensitivity(taught, student);
                List<LayerSensitivity.Effect> seeded = measure(layerSensitivity, batches, "seeded layers");
                align(stage, taught, student, conversion, source, work);
                List<LayerSensitivity.Effect> aligned = measure(layerSensitivity, batches, "aligned layers");
                int samples = batches.stream()
                        .mapToInt(batch -> batch.samples().size())
                        .sum();
                return new Measurements(seeded, aligned, steps, samples, steps * size + wanted > source.size());
            }
        }
    }

    private Stage stage() {
        SettingsNode.Section section = settings.section("align").asTree();
        return appContext
                .catalogs()
                .stages()
                .create(
                        new TreeSettings(section),
                        (StageProvider provider, Settings own) ->
                                provider.create(own, appContext.catalogs().stageParts()));
    }

    private Dataset source(Settings data, Processor processor, long seed) {
        return appContext
                .catalogs()
                .data()
                .create(data, (DatasetProvider provider, Settings own) -> provider.open(own, processor, seed));
    }

    private static List<Batch> batches(Dataset source, long from, int wanted, int rows) {
        List<Sample> samples = new ArrayList<>();
        for (long i = 0; samples.size() < wanted && i < Math.min(source.size(), 4L * wanted); i++) {
            source.sample(from + i).ifPresent(samples::add);
        }
        if (samples.isEmpty()) {
            throw new SettingsException("data: found no sample to measure with; left out were " + source.skipped());
        }
        samples.sort(Comparator.comparing(sample -> sample.tokens().length));
        return IntStream.iterate(0, i -> i < samples.size(), i -> i + rows)
                .mapToObj(i -> Batch.of(samples.subList(i, Math.min(samples.size(), i + rows)), 0))
                .toList();
    }

    private List<LayerSensitivity.Effect> measure(
            LayerSensitivity layerSensitivity, List<Batch> batches, String title) {
        try (ProgressBar bar = new ProgressBar(appContext.terminal(), title, "batches")) {
            return layerSensitivity.measure(batches, bar);
        }
    }

    private void align(
            Stage stage, LoadedModel teacher, LoadedModel student, Conversion conversion, Dataset source, Path work)
            throws IOException {
        Path folder = Files.createDirectories(work.resolve(stage.name()));
        try (ProgressBar bar = new ProgressBar(appContext.terminal(), stage.name(), "steps")) {
            stage.run(new StageContext(
                    Optional.of(teacher),
                    student,
                    conversion.converted(),
                    source,
                    folder,
                    Optional.of(ParamDigest.of(student.params())),
                    false,
                    bar));
        }
    }

    private static TextTable table(
            ModelFolder teacher, Measurements measurements, List<Integer> ranked, List<Integer> kept) {
        TextTable textTable = new TextTable("LAYER", "LABEL", "RANK", "DIVERGENCE", "SEEDED ONLY", "LOSS", "ERROR", "");
        for (int i = 0; i < ranked.size(); i++) {
            LayerSensitivity.Effect effect = measurements.aligned.get(i);
            textTable.row(
                    i,
                    teacher.spec().layers().get(i).label(),
                    ranked.indexOf(i) + 1,
                    decimal(effect.klDivergence()),
                    decimal(measurements.initialised.get(i).klDivergence()),
                    String.format(Locale.ROOT, "%+.4f", effect.lossIncrease()),
                    decimal(effect.relativeError()),
                    kept.contains(i) ? "keep" : "");
        }
        return textTable;
    }

    private static String decimal(double value) {
        return String.format(Locale.ROOT, "%.5f", value);
    }

    private static List<String> remarks(Measurements measurements, int attention, int count) {
        return List.of(
                "%d of %d layers stay as they are: those whose replacement moves predictions most."
                        .formatted(attention, count),
                "",
                "Each layer alone was replaced, after %d steps of alignment, and measured on %d samples%s."
                        .formatted(
                                measurements.steps,
                                measurements.samples,
                                measurements.sawTrainingData
                                        ? ", of which some were learnt from"
                                        : " that were not learnt from"),
                "divergence: of predictions from the teacher's, nats a token; seeded only: the same before the alignment;",
                "loss: what is added to the cross-entropy of answers; error: of the layer's output, in shares of what it adds.");
    }

    /** Removes a folder with all that is in it. */
    public static void deleteRecursively(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
