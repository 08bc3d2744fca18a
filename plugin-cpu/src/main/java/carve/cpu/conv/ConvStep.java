package carve.cpu.conv;

/** One position of a causal convolution with a number of taps W, by far the most frequent in decoding. */
public interface ConvStep extends AutoCloseable {
    /**
     * Computes consecutive channels.
     *
     * @param x the inputs (C)
     * @param weight the taps (C, W)
     * @param bias the bias (C)
     * @param state the inputs before (C, W-1)
     * @param y the results (C): the bias, to which taps are added from the oldest on
     * @param next the last inputs (C, W-1)
     */
    void run(long x, long weight, long bias, long state, long y, long next, int channels);

    @Override
    default void close() {}
}
