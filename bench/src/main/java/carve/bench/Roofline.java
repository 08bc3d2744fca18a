package carve.bench;

import java.util.List;

/**
 * The measured limits of the machine.
 *
 * @param threads how many threads all of them are
 * @param singleThreadFlops floating-point operations per second of one thread; a fused multiplication and addition is two
 * @param flops the same of all threads
 * @param singleThreadBandwidth bytes per second that one thread reads from memory
 * @param bandwidth the same of all threads
 */
record Roofline(int threads, double singleThreadFlops, double flops, double singleThreadBandwidth, double bandwidth) {
    private static final int REPETITIONS = 15;

    /** Measures with as many threads as there are processors; the best repetition counts. */
    static Roofline measure() {
        int threads = Runtime.getRuntime().availableProcessors();
        try (HugePageBuffer buffer = HugePageBuffer.allocate()) {
            return new Roofline(threads, flops(1), flops(threads), bandwidth(buffer, 1), bandwidth(buffer, threads));
        }
    }

    private static double flops(int threads) {
        return threads
                * FmaThroughput.FLOPS
                / Timing.of(REPETITIONS, () -> ParallelRunner.run(threads, _ -> FmaThroughput.run()))
                        .min();
    }

    private static double bandwidth(HugePageBuffer buffer, int threads) {
        List<ReadBandwidth> parts =
                buffer.slices(threads).stream().map(ReadBandwidth::new).toList();
        double bytes = parts.stream().mapToLong(part -> part.part().byteSize()).sum();
        return bytes
                / Timing.of(
                                REPETITIONS,
                                () -> ParallelRunner.run(
                                        threads, i -> parts.get(i).run()))
                        .min();
    }

    /** Returns the better of each. */
    Roofline max(Roofline other) {
        return new Roofline(
                threads,
                Math.max(singleThreadFlops, other.singleThreadFlops),
                Math.max(flops, other.flops),
                Math.max(singleThreadBandwidth, other.singleThreadBandwidth),
                Math.max(bandwidth, other.bandwidth));
    }
}
