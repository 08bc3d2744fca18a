package carve.app.work;

import carve.api.param.CounterRandom;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Chooses tokens from logits. The same seed chooses the same tokens.
 *
 * @param temperature by which logits are divided; 0 takes the most probable token
 * @param topK how many of the most probable tokens may be chosen; 0 for all
 * @param topP only the most probable tokens that together have this share may be chosen; 1 for all
 * @param seed of the random numbers
 * @param excluded token ids that are never chosen
 */
public record Sampler(double temperature, int topK, double topP, long seed, Set<Integer> excluded) {
    /** Checks the ranges. */
    public Sampler {
        excluded = Set.copyOf(excluded);
        if (!(temperature >= 0) || topK < 0 || !(topP > 0 && topP <= 1)) {
            throw new IllegalArgumentException(
                    ("temperature must be 0 or more, top-k 0 or more, top-p above 0 and at most 1;"
                                    + " found %s, %d, %s")
                            .formatted(temperature, topK, topP));
        }
    }

    /** Returns a sampler that takes the most probable token. */
    public static Sampler greedy(Set<Integer> excluded) {
        return new Sampler(0, 0, 1, 0, excluded);
    }

    /** Returns a sampler that never chooses some more tokens. */
    public Sampler without(Set<Integer> more) {
        return new Sampler(
                temperature,
                topK,
                topP,
                seed,
                IntStream.concat(
                                excluded.stream().mapToInt(Integer::intValue),
                                more.stream().mapToInt(Integer::intValue))
                        .boxed()
                        .collect(java.util.stream.Collectors.toSet()));
    }

    /**
     * Returns a token.
     *
     * @param logits of several rows
     * @param offset where the row begins
     * @param vocabulary V, how many logits the row has
     * @param draw the number of the random draw
     */
    public int choose(float[] logits, int offset, int vocabulary, long draw) {
        float[] row = Arrays.copyOfRange(logits, offset, offset + vocabulary);
        excluded.stream()
                .filter(token -> token >= 0 && token < vocabulary)
                .forEach(token -> row[token] = Float.NEGATIVE_INFINITY);
        return temperature == 0 ? best(row) : sample(row, draw);
    }

    private static int best(float[] row) {
        int best = 0;
        for (int i = 1; i < row.length; i++) {
            best = row[i] > row[best] ? i : best;
        }
        return best;
    }

    private int sample(float[] row, long draw) {
        double max = row[best(row)];
        int[] order = IntStream.range(0, row.length)
                .filter(i -> row[i] > Float.NEGATIVE_INFINITY)
                .boxed()
                .sorted((a, b) -> Float.compare(row[b], row[a]))
                .mapToInt(Integer::intValue)
                .limit(topK == 0 ? row.length : topK)
                .toArray();
        double[] weights = Arrays.stream(order)
                .mapToDouble(i -> Math.exp((row[i] - max) / temperature))
                .toArray();
        double sum = Arrays.stream(weights).sum();
        int kept = nucleus(weights, sum);
        double mass = Arrays.stream(weights, 0, kept).sum();
        double left = new CounterRandom(seed, "sample").uniform(draw) * mass;
        for (int i = 0; i < kept; i++) {
            left -= weights[i];
            if (left < 0) {
                return order[i];
            }
        }
        return order[kept - 1];
    }

    private int nucleus(double[] weights, double sum) {
        double mass = 0;
        for (int i = 0; i < weights.length; i++) {
            mass += weights[i];
            if (mass >= topP * sum) {
                return i + 1;
            }
        }
        return weights.length;
    }
}
