package carve.app.work;

import carve.api.model.Inputs;
import carve.api.model.LoadedModel;
import carve.api.model.Sample;
import carve.api.model.SiteProbe;
import carve.api.stage.Batch;
import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import carve.app.terminal.ProgressBar;
import java.util.List;
import java.util.Locale;

/**
 * How far the predictions of a model are from those of another: {@code KL(p || q)} of the distributions of the next token, in nats,
 * p those of the original.
 *
 * @param tokens after how many tokens predictions were compared
 * @param mean of the divergences
 * @param worst the greatest divergence
 * @param same the share of predictions whose likeliest token is the same
 */
public record Divergence(long tokens, double mean, double worst, double same) {
    /** Compares two models, token by token of the samples. */
    public static Divergence between(
            LoadedModel original, LoadedModel other, List<Sample> samples, ProgressBar progress) {
        Sums sums = new Sums();
        for (int i = 0; i < samples.size(); i++) {
            Sample sample = samples.get(i);
            sums.add(logits(original, sample), logits(other, sample), sample.tokens().length);
            progress.step(i + 1, samples.size());
        }
        return new Divergence(
                sums.tokens, sums.sum / sums.tokens, sums.worst, (double) sums.same / Math.max(1, sums.tokens));
    }

    private static float[] logits(LoadedModel model, Sample sample) {
        float[][] values = new float[1][];
        Scope.run(model.device(), () -> {
            Inputs inputs = Batch.of(List.of(sample), 0).inputs(model.device());
            Tensor logits = model.model().forward(model.params(), inputs, SiteProbe.NONE);
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
                same += best(p, row * width, width) == best(q, row * width, width) ? 1 : 0;
            }
        }
    }

    static double divergence(float[] p, float[] q, int at, int width) {
        double logP = logSum(p, at, width);
        double logQ = logSum(q, at, width);
        double sum = 0;
        for (int i = at; i < at + width; i++) {
            sum += Math.exp(p[i] - logP) * (p[i] - logP - (q[i] - logQ));
        }
        return Math.max(0, sum); // what rounding takes below
    }

    private static double logSum(float[] x, int at, int width) {
        double most = x[best(x, at, width)];
        double sum = 0;
        for (int i = at; i < at + width; i++) {
            sum += Math.exp(x[i] - most);
        }
        return most + Math.log(sum);
    }

    private static int best(float[] x, int at, int width) {
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
                "KL to the original %.3g nats a token, at worst %.3g; the likeliest token is the same %.1f %% of the time",
                mean,
                worst,
                100 * same);
    }
}
