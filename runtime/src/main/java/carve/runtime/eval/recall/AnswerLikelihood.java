package carve.runtime.eval.recall;

import carve.api.data.Batch;
import carve.api.data.Sample;
import carve.api.model.ActivationRecorder;
import carve.api.model.LoadedModel;
import carve.api.stage.ProgressListener;
import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import carve.api.text.Processor;
import carve.runtime.eval.PredictionDivergence;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Recall by likelihood, as evaluations of several choices have it: an answer is right if it is likelier, by the sum of its tokens' log-likelihoods,
 * than each wrong answer of its kind. Chance is one in four. Tasks without wrong answers are left out.
 *
 * @param model the model
 * @param processor the model's tokenizer and chat template
 * @param grid the lengths, depths and number of examples
 */
public record AnswerLikelihood(LoadedModel model, Processor processor, RecallGrid grid) {
    /**
     * A task at a length.
     *
     * @param task the name of the task
     * @param length the length
     */
    public record Key(String task, int length) {}

    private record Choice(Key key, RecallExamples.Asked asked) {}

    /** Returns the fraction of right answers of each task at each length. */
    public Map<Key, Double> run(List<RecallTask> tasks, ProgressListener progress) {
        List<Choice> choices = new ArrayList<>();
        RecallExamples examples = new RecallExamples(grid, new RecallPrompts(processor, grid.chat()));
        for (RecallTask task : tasks) {
            for (int length : grid.lengths()) {
                examples.of(task, length).stream()
                        .filter(asked -> !asked.example().distractors().isEmpty())
                        .forEach(asked -> choices.add(new Choice(new Key(task.name(), length), asked)));
            }
        }
        Map<Key, List<Double>> right = new LinkedHashMap<>();
        for (int i = 0; i < choices.size(); i++) {
            Choice choice = choices.get(i);
            right.computeIfAbsent(choice.key(), _ -> new ArrayList<>()).add(right(choice.asked()) ? 1.0 : 0.0);
            progress.step(i + 1, choices.size());
        }
        return right.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey,
                        entry -> entry.getValue().stream()
                                .mapToDouble(d -> d)
                                .average()
                                .orElse(0)));
    }

    private boolean right(RecallExamples.Asked asked) {
        double answer =
                logLikelihood(asked.prompt().tokens(), asked.example().answers().getFirst());
        return asked.example().distractors().stream()
                .allMatch(wrong -> logLikelihood(asked.prompt().tokens(), wrong) < answer);
    }

    private double logLikelihood(int[] prompt, String answer) {
        int[] continuation = processor.encode(" " + answer, false, false);
        int[] row = new int[prompt.length + continuation.length];
        System.arraycopy(prompt, 0, row, 0, prompt.length);
        System.arraycopy(continuation, 0, row, prompt.length, continuation.length);
        double[] sum = new double[1];
        Scope.run(model.device(), () -> sum[0] = logLikelihood(row, prompt.length));
        return sum[0];
    }

    // logits of the answer's positions alone
    private double logLikelihood(int[] row, int from) {
        Sample sample = new Sample(row, new boolean[row.length], Map.of());
        Tensor hidden = model.model()
                .hidden(
                        model.params(),
                        Batch.of(List.of(sample), 0).inputs(model.device()),
                        ActivationRecorder.NONE,
                        false);
        float[] logits = model.model()
                .projectToVocabulary(model.params(), hidden.slice(1, from - 1, row.length - 1), ActivationRecorder.NONE)
                .floats();
        int width = logits.length / (row.length - from);
        double sum = 0;
        for (int t = from; t < row.length; t++) {
            int at = (t - from) * width;
            sum += logits[at + row[t]] - PredictionDivergence.logSumExp(logits, at, width);
        }
        return sum;
    }
}
