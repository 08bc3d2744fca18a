package carve.runtime.eval.quality;

import carve.api.model.LoadedModel;
import carve.api.stage.ProgressListener;
import carve.api.text.Processor;
import carve.runtime.eval.recall.AnswerLikelihood;
import carve.runtime.eval.recall.RecallEvaluation;
import carve.runtime.eval.recall.RecallGrid;
import carve.runtime.eval.recall.RecallScores;
import carve.runtime.eval.recall.RecallTask;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * An evaluation of a student beside its teacher, on one device.
 *
 * @param student the student
 * @param teacher the teacher
 * @param processor the tokenizer of both
 */
public record QualityEvaluation(LoadedModel student, LoadedModel teacher, Processor processor) {
    /**
     * Checks that both predict the same tokens.
     *
     * @throws IllegalArgumentException if their vocabularies differ in size
     */
    public QualityEvaluation {
        int ours = student.spec().vocabulary();
        int theirs = teacher.spec().vocabulary();
        if (ours != theirs) {
            throw new IllegalArgumentException(
                    "the student predicts %d tokens, the teacher %d; only models with the same vocabulary can be compared"
                            .formatted(ours, theirs));
        }
    }

    /**
     * Compares the predictions on texts, and greedy continuations of their beginnings.
     *
     * @param rows token ids of texts, each of at least 2 tokens
     * @param newTokens the most tokens of a continuation
     */
    public TextFidelity text(List<int[]> rows, int newTokens, ProgressListener progress) {
        List<TextFidelity.Bucket> buckets = new PositionComparison(student, teacher).run(rows, progress);
        return new TextFidelity(buckets, new ContinuationComparison(student, teacher, processor).run(rows, newTokens));
    }

    /**
     * Compares recall: each example is answered by both, and its answer scored by likelihood too where that is possible.
     *
     * @throws carve.runtime.eval.recall.RecallException if a task's shortest text is longer than one of the lengths
     */
    public List<RecallComparison> recall(List<RecallTask> tasks, RecallGrid grid, ProgressListener progress) {
        long total = 4 * grid.examples(tasks);
        RecallScores taught = new RecallEvaluation(teacher, processor, grid).run(tasks, offset(progress, 0, total));
        RecallScores learned = new RecallEvaluation(student, processor, grid).run(tasks, offset(progress, 1, total));
        var taughtLikelihood = new AnswerLikelihood(teacher, processor, grid).run(tasks, offset(progress, 2, total));
        var learnedLikelihood = new AnswerLikelihood(student, processor, grid).run(tasks, offset(progress, 3, total));
        List<RecallComparison> comparisons = new ArrayList<>();
        for (RecallTask task : tasks) {
            for (Map.Entry<Integer, Double> at : taught.byLength(task.name()).entrySet()) {
                AnswerLikelihood.Key key = new AnswerLikelihood.Key(task.name(), at.getKey());
                comparisons.add(new RecallComparison(
                        task.name(),
                        at.getKey(),
                        taught.count(task.name(), at.getKey()),
                        at.getValue(),
                        learned.byLength(task.name()).get(at.getKey()),
                        taughtLikelihood.getOrDefault(key, Double.NaN),
                        learnedLikelihood.getOrDefault(key, Double.NaN)));
            }
        }
        return comparisons;
    }

    private static ProgressListener offset(ProgressListener progress, int part, long total) {
        return (done, _, _, _) -> progress.step(part * total / 4 + done, total);
    }

    /**
     * Measures decoding after prompts of some lengths, the models in turn, and counts the bytes of their states.
     *
     * @param tokens token ids that prompts are made of, repeated where there are too few
     */
    public List<SpeedComparison> speeds(List<Integer> lengths, int[] tokens) {
        SpeedMeasurement measurement = new SpeedMeasurement(student, teacher);
        return lengths.stream().map(length -> measurement.run(length, tokens)).toList();
    }
}
