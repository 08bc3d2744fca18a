package carve.bench;

import java.util.Arrays;

/**
 * Times of one thing done again and again, in seconds.
 *
 * @param low the first quartile
 * @param median the median
 * @param high the third quartile
 */
record Sample(double low, double median, double high) {
    private static final int ROUNDS = 9;
    private static final double LEAST = 0.05;

    /** Runs something until it is warm, then in rounds of a twentieth of a second or more. */
    static Sample of(Runnable work) {
        long start = System.nanoTime();
        int count = 0;
        while (System.nanoTime() - start < 1_500_000_000L || count < 3) {
            work.run();
            count++;
        }
        int perRound = (int) Math.max(1, Math.ceil(LEAST * count / ((System.nanoTime() - start) / 1e9)));
        double[] seconds = new double[ROUNDS];
        for (int i = 0; i < ROUNDS; i++) {
            long from = System.nanoTime();
            for (int j = 0; j < perRound; j++) {
                work.run();
            }
            seconds[i] = (System.nanoTime() - from) / 1e9 / perRound;
        }
        Arrays.sort(seconds);
        return new Sample(seconds[ROUNDS / 4], seconds[ROUNDS / 2], seconds[ROUNDS - 1 - ROUNDS / 4]);
    }
}
