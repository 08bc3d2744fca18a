package carve.runtime.plan;

import carve.api.model.LoadedModel;
import carve.runtime.convert.Conversion;
import carve.runtime.model.WeightPrecision;
import carve.runtime.plan.LayerSensitivity.Effect;
import carve.runtime.progress.Progress;
import carve.runtime.train.ParamDigest;
import carve.runtime.train.StageContext;
import carve.runtime.train.StageResult;
import carve.runtime.train.TrainingStage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Scores of layers by means of a student all of whose layers are converted, and aligned with the teacher's layers in one run: each
 * gets the teacher's input, so that what one of them learns does not depend on the others.
 *
 * @param run what methods share
 */
record AlignedScores(SuggestionRun run) {
    private static final double MAX_RATIO = 50;

    /** Returns the scores of layers each of which alone replaces the teacher's. */
    LayerScores marginal() throws IOException {
        Conversion conversion = conversion();
        try (LoadedModel student = conversion.load(run.teacher().device(), WeightPrecision.F32)) {
            List<LayerCandidate> candidates = LayerCandidate.ofModel(student);
            boolean before = run.config().initialised();
            List<Effect> initialised = before ? run.sensitivity("initialised layers", candidates) : List.of();
            align(student, conversion);
            List<Effect> aligned = run.sensitivity("aligned layers", candidates);
            List<Map<String, Double>> figures = new ArrayList<>();
            for (int i = 0; i < aligned.size(); i++) {
                Map<String, Double> own = new LinkedHashMap<>(LayerScores.figures(aligned.get(i)));
                if (before) {
                    own.put("initialised only", initialised.get(i).klDivergence());
                }
                figures.add(own);
            }
            boolean loss = run.config().score() == SuggestionConfig.Score.LOSS;
            return LayerScores.of(
                    aligned.stream()
                            .map(effect -> loss ? effect.lossIncrease() : effect.klDivergence())
                            .toList(),
                    figures,
                    "Each layer alone was replaced, after %d steps of alignment."
                            .formatted(steps(run.config().align())),
                    ReplacementScores.measured(run));
        }
    }

    /** Returns HALO's ratios of lost recall and lost likelihood. */
    LayerScores recall() throws IOException {
        Conversion conversion = conversion();
        try (LoadedModel student = conversion.load(run.teacher().device(), WeightPrecision.F32)) {
            align(student, conversion);
            List<LayerCandidate> candidates = LayerCandidate.ofModel(student);
            List<Effect> effects = run.sensitivity("aligned layers", candidates);
            List<Double> recall = run.recall("aligned layers", candidates);
            List<Double> likelihood =
                    effects.stream().map(effect -> Math.exp(-effect.loss())).toList();
            List<Map<String, Double>> figures = new ArrayList<>();
            for (int i = 0; i < effects.size(); i++) {
                Map<String, Double> own = new LinkedHashMap<>();
                own.put("recall", recall.get(i));
                own.put("likelihood", likelihood.get(i));
                own.putAll(LayerScores.figures(effects.get(i)));
                figures.add(own);
            }
            return LayerScores.of(
                    ratios(recall, likelihood),
                    figures,
                    "Each layer alone was replaced, after %d steps of alignment."
                            .formatted(steps(run.config().align())),
                    "Score: min(50, (max R - R) / (max C - C)), R the recall of %s, C the likelihood per token of answers."
                            .formatted(run.config().recall().tasks().stream()
                                    .map(task -> task.name())
                                    .toList()),
                    ReplacementScores.measured(run));
        }
    }

    /** Returns {@code min(50, (max R - R_i) / (max C - C_i + 1e-10))} for each layer. */
    static List<Double> ratios(List<Double> recall, List<Double> likelihood) {
        double bestRecall = Collections.max(recall);
        double bestLikelihood = Collections.max(likelihood);
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < recall.size(); i++) {
            double lost = bestLikelihood - likelihood.get(i) + 1e-10;
            ratios.add(Math.min(MAX_RATIO, (bestRecall - recall.get(i)) / lost));
        }
        return ratios;
    }

    /** Returns the scores of layers each of which alone has its attention in a student that is trained end to end. */
    LayerScores restoreOne() throws IOException {
        Conversion conversion = conversion();
        List<Double> scores = new ArrayList<>();
        List<Map<String, Double>> figures = new ArrayList<>();
        try (LoadedModel student = conversion.load(run.teacher().device(), WeightPrecision.F32)) {
            align(student, conversion);
            for (int i = 0; i < run.layers(); i++) {
                int layer = i;
                double loss = run.state().measured("restored layer " + i, () -> restore(student, layer))[0];
                run.report("restore-one", "layer " + i, "training KL divergence", loss);
                scores.add(-loss);
                figures.add(Map.of("training kl", loss));
            }
        }
        return LayerScores.of(
                scores,
                figures,
                "All layers were converted and aligned for %d steps; then one layer at a time had its attention again, and the student was trained end to end for %d steps."
                        .formatted(
                                steps(run.config().align()), steps(run.config().restore())),
                "Score: the negative training loss at the end, so that layers that help most rank first.");
    }

    private double[] restore(LoadedModel aligned, int layer) {
        LoadedModel teacher = run.teacher();
        LayerCandidate attention = LayerCandidate.ofModel(teacher).get(layer);
        List<Integer> converted = new ArrayList<>();
        for (int i = 0; i < run.layers(); i++) {
            if (i != layer) {
                converted.add(i);
            }
        }
        String title = "layer %d of %d restored".formatted(layer, run.layers());
        try (LoadedModel student = attention.in(aligned).copyTo(teacher.device())) {
            return new double[] {
                train(run.config().restore(), student, converted, "restore-" + layer, title)
                        .lastLoss()
            };
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long steps(TrainingStage stage) {
        return stage.config().steps();
    }

    private Conversion conversion() {
        return Conversion.of(
                run.folder(),
                run.convertAll(),
                run.catalogs().mixerCatalog(),
                run.teacher().device(),
                run.config().seed());
    }

    private void align(LoadedModel student, Conversion conversion) throws IOException {
        train(run.config().align(), student, conversion.converted(), "align", "alignment of all layers");
    }

    private StageResult train(
            TrainingStage stage, LoadedModel student, List<Integer> converted, String name, String title)
            throws IOException {
        Path folder = Files.createDirectories(run.work().resolve(name));
        try (Progress.Phase listener = run.progress().begin(title, "steps")) {
            return stage.run(new StageContext(
                    Optional.of(run.teacher()),
                    student,
                    converted,
                    run.dataset(),
                    folder,
                    Optional.of(ParamDigest.of(student.params())),
                    true,
                    listener));
        }
    }
}
