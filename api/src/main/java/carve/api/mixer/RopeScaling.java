package carve.api.mixer;

import java.util.Arrays;
import java.util.List;

/**
 * A scaling of rotary frequencies for sequences longer than those a model was trained with first, as {@code rope_parameters} of
 * the Transformers library names them.
 */
public interface RopeScaling {
    /** The frequencies as they are, {@code rope_type} default. */
    RopeScaling NONE = new Unscaled();

    /**
     * Returns the angle by which each position turns each of R/2 pairs of elements.
     *
     * @param rope the embedding whose frequencies are scaled
     * @param length the length of the sequence, in positions
     */
    double[] frequencies(RotaryEmbedding rope, long length);

    /** Returns the factor of {@code cos} and {@code sin}. */
    default double attentionFactor() {
        return 1;
    }

    /**
     * Checks that the scaling is for heads of which R elements are rotated.
     *
     * @throws IllegalArgumentException if it is for another number of them
     */
    default void requireWidth(int width) {}

    /** Returns the unscaled frequencies {@code base^(-2 i / width)} of width/2 pairs, rounded up. */
    static double[] frequencies(double base, int width) {
        double[] frequencies = new double[(width + 1) / 2];
        Arrays.setAll(frequencies, i -> Math.pow(base, -2.0 * i / width));
        return frequencies;
    }

    private static void require(boolean valid, RopeScaling scaling) {
        if (!valid) {
            throw new IllegalArgumentException("rotary: invalid scaling " + scaling);
        }
    }

    /** No scaling. */
    record Unscaled() implements RopeScaling {
        @Override
        public double[] frequencies(RotaryEmbedding rope, long length) {
            return RopeScaling.frequencies(rope.base(), rope.width());
        }
    }

    /**
     * Linear scaling (arXiv:2306.15595): all frequencies are divided by the factor.
     *
     * @param factor positive
     */
    record Linear(double factor) implements RopeScaling {
        /** Checks the factor. */
        public Linear {
            require(factor > 0, this);
        }

        @Override
        public double[] frequencies(RotaryEmbedding rope, long length) {
            return Arrays.stream(NONE.frequencies(rope, length))
                    .map(frequency -> frequency / factor)
                    .toArray();
        }
    }

    /**
     * Dynamic NTK scaling: the base is as it is up to maxPositions and grows beyond, by {@code (factor * length / maxPositions -
     * (factor - 1))^(R / (R - 2))}.
     *
     * @param factor positive
     */
    record Dynamic(double factor) implements RopeScaling {
        /** Checks the factor. */
        public Dynamic {
            require(factor > 0, this);
        }

        @Override
        public double[] frequencies(RotaryEmbedding rope, long length) {
            int width = rope.width();
            if (length <= rope.maxPositions() || width <= 2) {
                return NONE.frequencies(rope, length);
            }
            double growth = factor * length / rope.maxPositions() - (factor - 1);
            return RopeScaling.frequencies(rope.base() * Math.pow(growth, width / (width - 2.0)), width);
        }
    }

    /**
     * The scaling of Llama 3.1: frequencies of long waves are divided by the factor, those of short waves stay, and those between
     * are interpolated.
     *
     * @param factor positive
     * @param lowFrequencyFactor how often a long wave turns at most within the original positions
     * @param highFrequencyFactor how often a short wave turns at least within them; greater than lowFrequencyFactor
     * @param originalPositions the positions of the first training
     */
    record Llama3(double factor, double lowFrequencyFactor, double highFrequencyFactor, int originalPositions)
            implements RopeScaling {
        /** Checks the factors. */
        public Llama3 {
            require(
                    factor > 0
                            && lowFrequencyFactor > 0
                            && highFrequencyFactor > lowFrequencyFactor
                            && originalPositions > 0,
                    this);
        }

        @Override
        public double[] frequencies(RotaryEmbedding rope, long length) {
            return Arrays.stream(NONE.frequencies(rope, length))
                    .map(this::scaled)
                    .toArray();
        }

        private double scaled(double frequency) {
            double turns = originalPositions * frequency / (2 * Math.PI);
            double smooth = (turns - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor);
            double kept = Math.clamp(smooth, 0, 1);
            return (1 - kept) * frequency / factor + kept * frequency;
        }
    }

    /**
     * YaRN (arXiv:2309.00071, sections 3.2 and 3.4): pairs that turn often stay, pairs that turn rarely are divided by the factor,
     * with a linear ramp between them; {@code cos} and {@code sin} are multiplied by the attention factor.
     *
     * @param factor positive
     * @param originalPositions the positions of the first training
     * @param attentionFactor of {@code cos} and {@code sin}, positive
     * @param betaFast the turns within the original positions from which on pairs stay
     * @param betaSlow the turns up to which pairs are divided
     * @param truncate whether the ends of the ramp are rounded to whole pairs
     */
    record Yarn(
            double factor,
            int originalPositions,
            double attentionFactor,
            double betaFast,
            double betaSlow,
            boolean truncate)
            implements RopeScaling {
        private static final double LEAST_RAMP = 0.001;

        /** Checks the factors. */
        public Yarn {
            require(factor > 0 && originalPositions > 0 && attentionFactor > 0 && betaFast > 0 && betaSlow > 0, this);
        }

        /**
         * Returns the attention factor of a scaling that names none.
         *
         * @param weight of the logarithm of the factor, {@code mscale}
         */
        public static double attentionFactor(double factor, double weight) {
            return factor <= 1 ? 1 : 0.1 * weight * Math.log(factor) + 1;
        }

        @Override
        public double[] frequencies(RotaryEmbedding rope, long length) {
            double from = pairTurning(betaFast, rope);
            double to = pairTurning(betaSlow, rope);
            double low = Math.max(truncate ? Math.floor(from) : from, 0);
            double high = Math.min(truncate ? Math.ceil(to) : to, rope.width() - 1);
            double ramp = low == high ? LEAST_RAMP : high - low;
            double[] frequencies = NONE.frequencies(rope, length);
            for (int i = 0; i < frequencies.length; i++) {
                double divided = Math.clamp((i - low) / ramp, 0, 1);
                frequencies[i] *= divided / factor + (1 - divided);
            }
            return frequencies;
        }

        private double pairTurning(double turns, RotaryEmbedding rope) {
            return rope.width() * Math.log(originalPositions / (turns * 2 * Math.PI)) / (2 * Math.log(rope.base()));
        }
    }

    /**
     * LongRoPE (arXiv:2402.13753): each frequency is divided by a factor of its own, a short one for sequences up to the original
     * positions and a long one for longer sequences. Positions of a sequence that were cached while it was short stay as they are.
     *
     * @param shortFactors R/2 factors, positive
     * @param longFactors R/2 factors, positive
     * @param originalPositions the positions of the first training
     * @param attentionFactor of {@code cos} and {@code sin}, positive
     */
    record LongRope(List<Double> shortFactors, List<Double> longFactors, int originalPositions, double attentionFactor)
            implements RopeScaling {
        /** Checks the factors. */
        public LongRope {
            shortFactors = List.copyOf(shortFactors);
            longFactors = List.copyOf(longFactors);
            require(
                    shortFactors.size() == longFactors.size()
                            && shortFactors.stream().allMatch(factor -> factor > 0)
                            && longFactors.stream().allMatch(factor -> factor > 0)
                            && originalPositions > 0
                            && attentionFactor > 0,
                    this);
        }

        /**
         * Returns the attention factor of a scaling that names none: {@code sqrt(1 + ln(factor) / ln(originalPositions))}.
         *
         * @param factor how many times more positions there are than the original ones
         */
        public static double attentionFactor(double factor, int originalPositions) {
            return factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(originalPositions));
        }

        @Override
        public void requireWidth(int width) {
            if (shortFactors.size() != (width + 1) / 2) {
                throw new IllegalArgumentException(
                        "rotary: %d elements of a head are rotated, which needs %d short and long factors; there are %d"
                                .formatted(width, (width + 1) / 2, shortFactors.size()));
            }
        }

        @Override
        public double[] frequencies(RotaryEmbedding rope, long length) {
            List<Double> factors = length > originalPositions ? longFactors : shortFactors;
            double[] frequencies = NONE.frequencies(rope, length);
            Arrays.setAll(frequencies, i -> frequencies[i] / factors.get(i));
            return frequencies;
        }
    }
}
