package carve.runtime.eval.recall;

import carve.api.data.Batch;
import java.util.Arrays;
import java.util.List;

/**
 * Multi-query associative recall (Arora et al. 2023, arXiv:2312.04927; {@code multiquery_ar.py} of zoology): pairs of a key and a value, then
 * the keys again among other tokens; at each of them the next prediction is the key's value, which is not written there. Near places are
 * likelier: slot j of the S = (L - 2K) / 2 has weight j^(alpha - 1).
 *
 * @param vocabulary V; keys are 1..V/2-1, values V/2..V-1
 * @param length L, even
 * @param pairs K, with {@code 4 K <= L < V}
 * @param alpha the power of the distances; 1 for uniform ones
 * @param randomNonQueries whether zeros between queries become random tokens of the vocabulary
 */
public record Mqar(int vocabulary, int length, int pairs, double alpha, boolean randomNonQueries) {
    /** Zoology's power of distances. */
    public static final double ALPHA = 0.01;

    /** Checks the ranges. */
    public Mqar {
        if (length % 2 != 0 || pairs < 1 || 4L * pairs > length || vocabulary <= length || !(alpha > 0)) {
            throw new IllegalArgumentException(
                    "mqar: needs an even length, 4 x pairs <= length < vocabulary and alpha > 0; found length %d, pairs %d, vocabulary %d, alpha %s"
                            .formatted(length, pairs, vocabulary, alpha));
        }
    }

    /**
     * One sequence.
     *
     * @param inputs L token ids
     * @param labels at each position the value that is to be predicted there, or {@link Batch#IGNORE_INDEX}
     */
    public record Row(int[] inputs, int[] labels) {}

    /** Returns the sequence of a seed. */
    public Row row(long seed) {
        RecallRandom random = new RecallRandom(seed, "mqar");
        int firstValue = vocabulary / 2;
        int[] keys = random.sample(firstValue - 1, pairs).stream()
                .mapToInt(i -> i + 1)
                .toArray();
        int[] values = random.sample(vocabulary - firstValue, pairs).stream()
                .mapToInt(i -> i + firstValue)
                .toArray();
        return row(keys, values, slots(random), random);
    }

    Row row(int[] keys, int[] values, int[] slots, RecallRandom random) {
        int[] inputs = new int[length];
        int[] labels = new int[length];
        Arrays.fill(labels, Batch.IGNORE_INDEX);
        for (int i = 0; i < pairs; i++) {
            inputs[2 * i] = keys[i];
            inputs[2 * i + 1] = values[i];
            int query = 2 * pairs + 2 * slots[i];
            inputs[query] = keys[i];
            labels[query] = values[i];
        }
        if (randomNonQueries) {
            Arrays.setAll(inputs, i -> inputs[i] == 0 ? random.below(vocabulary) : inputs[i]);
        }
        return new Row(inputs, labels);
    }

    // K different slots one after the other, each with the weights of those that are left
    private int[] slots(RecallRandom random) {
        int space = (length - 2 * pairs) / 2;
        double[] weights = new double[space];
        Arrays.setAll(weights, j -> Math.pow(j + 1, alpha - 1));
        int[] slots = new int[pairs];
        for (int i = 0; i < pairs; i++) {
            slots[i] = draw(weights, random.uniform());
            weights[slots[i]] = 0;
        }
        return slots;
    }

    private static int draw(double[] weights, double uniform) {
        double left = uniform * Arrays.stream(weights).sum();
        int last = 0;
        for (int j = 0; j < weights.length; j++) {
            if (weights[j] > 0) {
                last = j;
                left -= weights[j];
                if (left < 0) {
                    return j;
                }
            }
        }
        return last; // rounding
    }

    /** Returns the fraction of queries whose most probable next token is the value. */
    public static double accuracy(List<Row> rows, List<int[]> predictions) {
        long right = 0;
        long asked = 0;
        for (int r = 0; r < rows.size(); r++) {
            int[] labels = rows.get(r).labels();
            for (int t = 0; t < labels.length; t++) {
                asked += labels[t] == Batch.IGNORE_INDEX ? 0 : 1;
                right += labels[t] != Batch.IGNORE_INDEX
                                && labels[t] == predictions.get(r)[t]
                        ? 1
                        : 0;
            }
        }
        return asked == 0 ? 0 : (double) right / asked;
    }
}
