package carve.runtime.plan;

import carve.api.config.SettingsException;
import carve.api.data.Batch;
import carve.api.data.Dataset;
import carve.api.data.Sample;
import carve.api.model.LayerPlan;
import carve.api.model.LoadedModel;
import carve.api.text.Processor;
import carve.runtime.catalog.Catalogs;
import carve.runtime.eval.recall.RecallEvaluation;
import carve.runtime.model.ModelFolder;
import carve.runtime.progress.Progress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * The common ground of the methods of a search for a plan: the teacher, data, and what has been measured so far.
 *
 * @param catalogs the installed plugins
 * @param config the settings
 * @param folder the teacher's folder
 * @param teacher the teacher
 * @param convertAll the plan that converts every layer
 * @param processor the teacher's processor
 * @param dataset the data of alignments
 * @param batches the samples that are measured
 * @param work the folder for temporary files
 * @param state what has been measured
 * @param progress is told of every step
 * @param results receives a line for each layer when its score is known
 */
record SuggestionRun(
        Catalogs catalogs,
        SuggestionConfig config,
        ModelFolder folder,
        LoadedModel teacher,
        LayerPlan convertAll,
        Processor processor,
        Dataset dataset,
        List<Batch> batches,
        Path work,
        SuggestionState state,
        Progress progress,
        Consumer<String> results) {
    /** Returns the number of layers. */
    int layers() {
        return teacher.spec().layers().size();
    }

    /** Returns the effects of candidates, each alone in the teacher, on the samples. */
    List<LayerSensitivity.Effect> sensitivity(String phase, List<LayerCandidate> candidates) {
        try (Progress.Phase listener = progress.begin(phase, "layers of batches")) {
            return new LayerSensitivity(teacher, candidates)
                    .measure(
                            phase,
                            batches,
                            state,
                            listener,
                            (candidate, effect) ->
                                    report(phase, candidate.label(), "KL divergence", effect.klDivergence()));
        }
    }

    /** Tells the result of a layer. */
    void report(String phase, String label, String figure, double value) {
        results.accept(String.format(Locale.ROOT, "%s: %s: %s %.5f", phase, label, figure, value));
    }

    /** Returns the accuracy of each candidate in recall tasks, each alone in the teacher. */
    List<Double> recall(String phase, List<LayerCandidate> candidates) {
        List<Double> accuracies = new ArrayList<>();
        for (LayerCandidate candidate : candidates) {
            String name = "%s/recall/%s".formatted(phase, candidate.label());
            String title = "%s, recall of %s of %d".formatted(phase, candidate.label(), candidates.size());
            accuracies.add(state.measured(name, () -> new double[] {recall(title, candidate.in(teacher))})[0]);
            report(phase, candidate.label(), "recall", accuracies.getLast());
        }
        return accuracies;
    }

    /** Returns the teacher's accuracy in recall tasks. */
    double teacherRecall() {
        return state.measured("teacher/recall", () -> new double[] {recall("recall of the teacher", teacher)})[0];
    }

    private double recall(String title, LoadedModel model) {
        try (Progress.Phase listener = progress.begin(title, "answers")) {
            return new RecallEvaluation(model, processor, config.recall().grid())
                    .run(config.recall().tasks(), listener)
                    .accuracy();
        }
    }

    /** Returns how many samples are measured. */
    int samples() {
        return batches.stream().mapToInt(batch -> batch.samples().size()).sum();
    }

    /** Returns the batches of the samples after those of the alignment, the shortest first. */
    static List<Batch> batches(Dataset dataset, SuggestionConfig config) {
        int wanted = config.samples();
        List<Sample> samples = new ArrayList<>();
        for (long i = 0; samples.size() < wanted && i < Math.min(dataset.size(), 4L * wanted); i++) {
            dataset.sample(config.alignedSamples() + i).ifPresent(samples::add);
        }
        if (samples.isEmpty()) {
            throw new SettingsException("data: no usable evaluation samples; skipped: " + dataset.skipped());
        }
        samples.sort(Comparator.comparing(sample -> sample.tokens().length));
        int rows = config.batchSize();
        return IntStream.iterate(0, i -> i < samples.size(), i -> i + rows)
                .mapToObj(i -> Batch.of(samples.subList(i, Math.min(samples.size(), i + rows)), 0))
                .toList();
    }

    /** Returns the digest of all that measurements depend on. */
    static String digest(SuggestionConfig config, String teacher, Dataset dataset, List<Batch> batches) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update((config.everything() + "\n" + teacher + "\n" + dataset.fingerprint())
                    .getBytes(StandardCharsets.UTF_8));
            for (Batch batch : batches) {
                for (Sample sample : batch.samples()) {
                    ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES * sample.tokens().length);
                    bytes.asIntBuffer().put(sample.tokens());
                    digest.update(bytes);
                }
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
