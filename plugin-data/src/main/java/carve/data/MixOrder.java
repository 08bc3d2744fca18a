package carve.data;

import carve.api.config.SettingsException;
import carve.api.data.EpochSampler;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The order in which samples of several sets follow each other, a function of seed and position. Of each {@value #BLOCK} positions
 * every set has its share, in random order; it gives its samples one after the other.
 */
final class MixOrder {
    /** The number of positions in which each set has its share. */
    static final int BLOCK = 1000;

    /** The sample of a set. */
    record Place(int set, long position) {}

    private final int[] shares;
    private final EpochSampler slots;

    /**
     * Makes the order of sets with weights.
     *
     * @throws SettingsException if a weight is too small beside the others
     */
    MixOrder(List<Double> weights, long seed) {
        this.shares = shares(weights);
        this.slots = new EpochSampler(BLOCK, true, seed);
    }

    // the largest remainders are rounded up, so that the shares add up to a block
    private static int[] shares(List<Double> weights) {
        double sum = weights.stream().mapToDouble(weight -> weight).sum();
        double[] exact =
                weights.stream().mapToDouble(weight -> weight / sum * BLOCK).toArray();
        int[] shares = Arrays.stream(exact).mapToInt(share -> (int) share).toArray();
        int rest = BLOCK - Arrays.stream(shares).sum();
        IntStream.range(0, shares.length)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> shares[i] - exact[i]))
                .limit(rest)
                .forEach(i -> shares[i]++);
        for (int i = 0; i < shares.length; i++) {
            if (shares[i] == 0) {
                throw new SettingsException("data: weight %s of set %d is less than one in %d of all weights"
                        .formatted(weights.get(i), i, BLOCK));
            }
        }
        return shares;
    }

    /** Returns the set at a position, and which of its samples. */
    Place at(long position) {
        int slot = slots.index(position);
        int set = 0;
        while (slot >= shares[set]) {
            slot -= shares[set];
            set++;
        }
        return new Place(set, position / BLOCK * shares[set] + slot);
    }

    /** Returns how many positions there are until a set has given so many samples. */
    long positions(int set, long samples) {
        return Math.max(1, samples * BLOCK / shares[set]);
    }

    /** Returns the part of all samples that a set gives. */
    double share(int set) {
        return (double) shares[set] / BLOCK;
    }
}
