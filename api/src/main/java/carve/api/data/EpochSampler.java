package carve.api.data;

import carve.api.param.CounterRandom;

/** The order of the samples in each epoch: a function of the seed and the epoch's number. Safe for several threads. */
public final class EpochSampler {
    private record Epoch(long number, int[] order) {}

    private final int size;
    private final boolean shuffled;
    private final long seed;
    private volatile Epoch current;

    /**
     * Makes the order of a number of samples.
     *
     * @param shuffled whether each epoch has an order of its own, rather than that of the numbers
     */
    public EpochSampler(int size, boolean shuffled, long seed) {
        this.size = size;
        this.shuffled = shuffled;
        this.seed = seed;
        this.current = new Epoch(0, permutation(0));
    }

    /** Returns the number of the sample at a position, which counts through all epochs. */
    public int index(long position) {
        int within = (int) (position % size);
        if (!shuffled) {
            return within;
        }
        long number = position / size;
        Epoch epoch = current;
        if (epoch.number() != number) {
            epoch = new Epoch(number, permutation(number));
            current = epoch;
        }
        return epoch.order()[within];
    }

    // Fisher and Yates's shuffle
    private int[] permutation(long epoch) {
        int[] order = new int[shuffled ? size : 0];
        CounterRandom random = new CounterRandom(seed, "epoch " + epoch);
        for (int i = 0; i < order.length; i++) {
            int j = random.below(i, i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }
}
