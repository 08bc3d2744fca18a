package carve.runtime.eval;

import carve.api.data.Batch;
import carve.api.data.Sample;
import carve.api.model.ActivationRecorder;
import carve.api.model.LoadedModel;
import carve.api.model.ModelInputs;
import carve.api.stage.ProgressListener;
import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import java.util.List;
import java.util.Locale;

/**
 * The divergence of a model's predictions from those of the original: {@code KL(p || q)} of the distributions of the next token,
 * in nats, p those of the original.
 *
 * @param tokens the number of positions at which predictions were compared
 * @param mean the mean divergence
 * @param max the greatest divergence
 * @param topTokenAgreement the fraction of predictions whose most probable token is the same
 */
public record PredictionDivergence(long tokens, double mean, double max, double topTokenAgreement) {
    /** Compares two models, token by token of the samples. */
    public static PredictionDivergence between(
            LoadedModel original, LoadedModel other, List<Sample> samples, ProgressListener progress) {
        Sums sums = new Sums();
        for (int i = 0; i < samples.size(); i++) {
            Sample sample = samples.get(i);
            sums.add(logits(original, sample), logits(other, sample), sample.tokens().length);
            progress.step(i + 1, samples.size());
        }
        return new PredictionDivergence(
                sums.tokens, sums.sum / sums.tokens, sums.worst, (double) sums.same / Math.max(1, sums.tokens));
    }

    private static float[] logits(LoadedModel model, Sample sample) {
        float[][] values = new float[1][];
        Scope.run(model.device(), () -> {
            ModelInputs modelInputs = Batch.of(List.of(sample), 0).inputs(model.device());
            Tensor logits = model.model().forward(model.params(), modelInputs, ActivationRecorder.NONE);
            values[0] = logits.floats();
        });
        return values[0];
    }

    private static final class Sums {
        private long tokens;
        private double sum;
        private double worst;
        private long same;

        void add(float[] p, float[] q, int rows) {
            int width = p.length / rows;
            for (int row = 0; row < rows; row++) {
                double divergence = divergence(p, q, row * width, width);
                tokens++;
                sum += divergence;
                worst = Math.max(worst, divergence);
                same += argMax(p, row * width, width) == argMax(q, row * width, width) ? 1 : 0;
            }
        }
    }

    /** Returns {@code KL(p || q)} in nats of two rows of logits that begin at an index. */
    public static double divergence(float[] p, float[] q, int at, int width) {
        double logP = logSumExp(p, at, width);
        double logQ = logSumExp(q, at, width);
        double sum = 0;
        for (int i = at; i < at + width; i++) {
            sum += Math.exp(p[i] - logP) * (p[i] - logP - (q[i] - logQ));
        }
        return Math.max(0, sum); // what rounding takes below
    }

    /** Returns the logarithm of the sum of exponentials of a row of logits that begins at an index. */
    public static double logSumExp(float[] x, int at, int width) {
        double most = x[argMax(x, at, width)];
        double sum = 0;
        for (int i = at; i < at + width; i++) {
            sum += Math.exp(x[i] - most);
        }
        return most + Math.log(sum);
    }

    /** Returns the index of the greatest logit of a row that begins at an index; the first of equal ones. */
    public static int argMax(float[] x, int at, int width) {
        int best = at;
        for (int i = at + 1; i < at + width; i++) {
            best = x[i] > x[best] ? i : best;
        }
        return best;
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "KL divergence from the original: mean %.3g nats per token, max %.3g; same top token: %.1f %%",
                mean,
                max,
                100 * topTokenAgreement);
    }
}
