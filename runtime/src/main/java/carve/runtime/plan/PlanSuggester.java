package carve.runtime.plan;

import carve.api.config.SettingsException;
import carve.api.config.TreeSettings;
import carve.api.data.Batch;
import carve.api.data.Dataset;
import carve.api.device.Device;
import carve.api.model.LayerPlan;
import carve.api.model.LoadedModel;
import carve.api.model.MixerSpec;
import carve.api.text.Processor;
import carve.runtime.catalog.Catalogs;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import carve.runtime.plan.Suggestion.LayerScore;
import carve.runtime.progress.Progress;
import carve.runtime.train.Datasets;
import carve.runtime.train.ParamDigest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * A search for the layers that need their attention most, by one of the methods of {@link SuggestionMethod}.
 *
 * <p>Most methods measure layers one at a time. Layers that are converted together may need one another's attention more or less than
 * that; only distillation shows what a whole plan is worth.
 *
 * @param catalogs the installed plugins
 * @param device the device that runs the models
 * @param settings as {@code suggest.conf} has them
 */
public record PlanSuggester(Catalogs catalogs, Device device, TreeSettings settings) {
    /**
     * Measures all layers. Measurements are written to the folder, and those that are found there are not made again: a search that was
     * stopped goes on, with the same result.
     *
     * @param work a folder for measurements and checkpoints, empty or of an earlier search with the same settings
     * @param results receives a line for each layer when its score is known
     * @throws SettingsException if the model has fewer layers than are to be kept, a setting is wrong, or the folder has measurements of
     *     another search
     * @throws IOException if a file cannot be read or written
     */
    public Suggestion suggest(ModelFolder teacher, Path work, Progress progress, Consumer<String> results)
            throws IOException {
        int count = teacher.spec().layers().size();
        SuggestionConfig config = SuggestionConfig.from(settings, catalogs);
        int attention = config.kept().of(count);
        LayerPlan all = SuggestionConfig.convertAll(settings, count);
        try (Processor processor = teacher.processor();
                Dataset dataset = Datasets.open(catalogs, config.data(), processor, config.seed(), progress);
                LoadedModel model = teacher.load(device, WeightPrecision.F32)) {
            List<Batch> batches = SuggestionRun.batches(dataset, config);
            String digest = SuggestionRun.digest(config, ParamDigest.of(model.params()), dataset, batches);
            SuggestionState state = SuggestionState.open(work.resolve("measurements.jsonl"), digest);
            SuggestionRun run = new SuggestionRun(
                    catalogs, config, teacher, model, all, processor, dataset, batches, work, state, progress, results);
            return suggestion(teacher, config.method(), scores(run), all, attention);
        }
    }

    private static LayerScores scores(SuggestionRun run) throws IOException {
        return switch (run.config().method()) {
            case MARGINAL -> new AlignedScores(run).marginal();
            case RESTORE_ONE -> new AlignedScores(run).restoreOne();
            case RECALL -> new AlignedScores(run).recall();
            case WINDOW -> new ReplacementScores(run).window();
            case IMPORTANCE -> new ReplacementScores(run).importance();
            case IMPORTED -> throw new SettingsException("by: imported scores are not measured");
        };
    }

    /**
     * Returns the plan that scores in a file suggest: CSV with the columns {@code layer,score}, or JSON.
     *
     * @throws SettingsException if the file does not have one score for each layer
     * @throws IOException if the file cannot be read
     */
    public Suggestion imported(ModelFolder teacher, Path file) throws IOException {
        int count = teacher.spec().layers().size();
        SuggestionConfig config = SuggestionConfig.from(settings, catalogs);
        int attention = config.kept().of(count);
        List<Double> scores = new ImportedScores(file, count).read();
        List<Map<String, Double>> figures =
                scores.stream().map(_ -> Map.<String, Double>of()).toList();
        return suggestion(
                teacher,
                SuggestionMethod.IMPORTED,
                LayerScores.of(scores, figures, "Scores of %s.".formatted(file)),
                SuggestionConfig.convertAll(settings, count),
                attention);
    }

    private static Suggestion suggestion(
            ModelFolder teacher, SuggestionMethod method, LayerScores scores, LayerPlan all, int attention) {
        int count = scores.scores().size();
        List<Integer> ranked = IntStream.range(0, count)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> -scores.scores().get(i)))
                .toList();
        List<LayerScore> layers = new ArrayList<>();
        List<MixerSpec> mixers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int rank = ranked.indexOf(i) + 1;
            boolean kept = rank <= attention;
            String label = teacher.spec().layers().get(i).label();
            layers.add(new LayerScore(
                    label, rank, scores.scores().get(i), scores.figures().get(i), kept));
            mixers.add(kept ? MixerSpec.of(MixerSpec.KEEP) : all.layers().get(i));
        }
        return new Suggestion(method, new LayerPlan(mixers), layers, scores.heads(), scores.remarks());
    }
}
