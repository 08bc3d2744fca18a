package carve.runtime.engine;

import carve.api.device.Device;
import carve.api.op.SampleToken;
import carve.api.param.CounterRandom;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Chooses tokens from logits. The same seed chooses the same tokens.
 *
 * @param temperature by which logits are divided; 0 takes the most probable token
 * @param topK how many of the most probable tokens may be chosen; 0 for all
 * @param topP only the most probable tokens that together have this share may be chosen; 1 for all
 * @param minP only tokens of at least this share of the greatest probability may be chosen; 0 for all
 * @param repetitionPenalty by which the logits of tokens that were there before are divided, or multiplied where they are negative
 *     (Keskar et al. 2019, arXiv:1909.05858, section 4.1); 1 for none
 * @param seed of the random numbers
 * @param excluded token ids that are never chosen
 */
public record Sampler(
        double temperature,
        int topK,
        double topP,
        double minP,
        double repetitionPenalty,
        long seed,
        Set<Integer> excluded) {
    private static final BitSet NONE_SEEN = new BitSet(0);

    /** Checks the ranges. */
    public Sampler {
        excluded = Set.copyOf(excluded);
        if (!(minP >= 0 && minP <= 1) || !(repetitionPenalty > 0) || Double.isInfinite(repetitionPenalty)) {
            throw new IllegalArgumentException("min-p must be 0 to 1, the repetition penalty above 0; found %s, %s"
                    .formatted(minP, repetitionPenalty));
        }
        if (!(temperature >= 0) || topK < 0 || !(topP > 0 && topP <= 1)) {
            throw new IllegalArgumentException(
                    ("temperature must be 0 or more, top-k 0 or more, top-p above 0 and at most 1;"
                                    + " found %s, %d, %s")
                            .formatted(temperature, topK, topP));
        }
    }

    /** Makes a sampler without min-p and repetition penalty. */
    public Sampler(double temperature, int topK, double topP, long seed, Set<Integer> excluded) {
        this(temperature, topK, topP, 0, 1, seed, excluded);
    }

    /** Returns a sampler that takes the most probable token. */
    public static Sampler greedy(Set<Integer> excluded) {
        return new Sampler(0, 0, 1, 0, excluded);
    }

    /** Returns a sampler that never chooses some more tokens. */
    public Sampler excluding(Set<Integer> more) {
        return new Sampler(
                temperature,
                topK,
                topP,
                minP,
                repetitionPenalty,
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
     * <p>Where the temperature is above 0: of the top-k best tokens those are kept that together, from the best on, have
     * the share top-p of their softmax at the temperature, and of these the ones of at least min-p times the greatest. A random number u of (seed, draw) then takes the first token,
     * from the best on, at which their cumulative share goes above u.
     *
     * @param logits of several rows
     * @param offset where the row begins
     * @param vocabulary V, how many logits the row has
     * @param draw the number of the random draw
     * @throws EngineException if a logit is not a number, or is infinite
     */
    public int sample(float[] logits, int offset, int vocabulary, long draw) {
        return sample(logits, offset, vocabulary, draw, NONE_SEEN);
    }

    /**
     * Returns a token as {@link #sample(float[], int, int, long)} does, where some tokens were there before.
     *
     * @param seen the tokens that were there
     */
    int sample(float[] logits, int offset, int vocabulary, long draw, BitSet seen) {
        float[] row = row(logits, offset, vocabulary);
        if (penalisesRepetition()) {
            for (int token = seen.nextSetBit(0); token >= 0 && token < vocabulary; token = seen.nextSetBit(token + 1)) {
                row[token] = (float) (row[token] < 0 ? row[token] * repetitionPenalty : row[token] / repetitionPenalty);
            }
        }
        return sample(row, draw);
    }

    /** Returns whether the tokens that were there before change what is chosen. */
    boolean penalisesRepetition() {
        return repetitionPenalty != 1;
    }

    /** Returns the probabilities {@code (V)} with which {@link #sample(float[], int, int, long)} takes each token. */
    public double[] probabilities(float[] logits, int offset, int vocabulary) {
        float[] row = row(logits, offset, vocabulary);
        if (temperature == 0) {
            double[] certain = new double[vocabulary];
            certain[argMax(row)] = 1;
            return certain;
        }
        return candidates(row).probabilities(vocabulary);
    }

    /** Returns whether another sampler differs from this one in its seed at most. */
    boolean samplesLike(Sampler other) {
        return temperature == other.temperature
                && topK == other.topK
                && topP == other.topP
                && minP == other.minP
                && repetitionPenalty == other.repetitionPenalty
                && excluded.equals(other.excluded);
    }

    /** Returns whether the tokens of rows are better sampled where the logits are: whether the device has a kernel for it. */
    boolean samplesOnDevice(Device device, int rows, int vocabulary) {
        if (penalisesRepetition() || minP > 0) {
            return false;
        }
        SampleToken op = op(Collections.nCopies(rows, 0.0));
        return device.context().kernels().hasKernel(device, op, List.of(TensorType.f32(rows, vocabulary)));
    }

    /**
     * Returns the tokens {@code (R)} that {@link #sample(float[], int, int, long)} takes, on the device of the logits, and the
     * same with {@link SampleToken#NOT_FINITE} where that throws.
     *
     * @param logits (R, V)
     * @param draws a random number for each row, as {@link #uniform} gives them for {@code "sample"}
     */
    List<Tensor> sampleOnDevice(Tensor logits, List<Double> draws) {
        return Tensors.apply(op(draws), List.of(logits));
    }

    private SampleToken op(List<Double> draws) {
        return new SampleToken(temperature, topK, topP, List.copyOf(excluded), draws);
    }

    /** Returns a random number from 0 up to, not including, 1 that depends on the seed, a name and a draw. */
    double uniform(String name, long draw) {
        return new CounterRandom(seed, name).uniform(draw);
    }

    private float[] row(float[] logits, int offset, int vocabulary) {
        FiniteLogits.require(logits, offset, vocabulary);
        float[] row = Arrays.copyOfRange(logits, offset, offset + vocabulary);
        for (int token : excluded) {
            if (token >= 0 && token < vocabulary) {
                row[token] = Float.NEGATIVE_INFINITY;
            }
        }
        return row;
    }

    private int sample(float[] row, long draw) {
        return temperature == 0 ? argMax(row) : candidates(row).tokenAt(uniform("sample", draw));
    }

    private static int argMax(float[] row) {
        int best = 0;
        for (int i = 1; i < row.length; i++) {
            best = row[i] > row[best] ? i : best;
        }
        return best;
    }

    private Candidates candidates(float[] row) {
        Candidates candidates = Candidates.of(row);
        if (topK > 0) {
            candidates.keepTopK(topK);
        }
        candidates.softmax(temperature);
        candidates.keepTopP(topP);
        candidates.keepMinP(minP);
        return candidates;
    }
}
