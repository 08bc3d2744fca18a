package carve.bench;

import java.util.List;

/**
 * What the machine can do at best, measured.
 *
 * @param threads how many threads all of them are
 * @param flopsOfOne floating-point operations per second of one thread; a fused multiplication and addition is two
 * @param flops the same of all threads
 * @param bandwidthOfOne bytes per second that one thread reads from memory
 * @param bandwidth the same of all threads
 */
record Limits(int threads, double flopsOfOne, double flops, double bandwidthOfOne, double bandwidth) {
    private static final int REPETITIONS = 15;

    /** Measures with as many threads as there are processors; the best repetition counts. */
    static Limits measure() {
        int threads = Runtime.getRuntime().availableProcessors();
        try (BigBuffer buffer = BigBuffer.allocate()) {
            return new Limits(threads, flops(1), flops(threads), bandwidth(buffer, 1), bandwidth(buffer, threads));
        }
    }

    private static double flops(int threads) {
        return threads
                * FmaLoop.FLOPS
                / Timing.of(REPETITIONS, () -> Threads.run(threads, _ -> FmaLoop.run()))
                        .least();
    }

    private static double bandwidth(BigBuffer buffer, int threads) {
        List<ReadLoop> parts = buffer.parts(threads).stream().map(ReadLoop::new).toList();
        double bytes = parts.stream().mapToLong(part -> part.part().byteSize()).sum();
        return bytes
                / Timing.of(
                                REPETITIONS,
                                () -> Threads.run(threads, i -> parts.get(i).run()))
                        .least();
    }

    /** Returns the better of each. */
    Limits or(Limits other) {
        return new Limits(
                threads,
                Math.max(flopsOfOne, other.flopsOfOne),
                Math.max(flops, other.flops),
                Math.max(bandwidthOfOne, other.bandwidthOfOne),
                Math.max(bandwidth, other.bandwidth));
    }
}
