package carve.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.function.DoubleSupplier;
import java.util.stream.IntStream;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * What all processors of this machine can do together.
 *
 * @param flops F32 operations per second, two for a fused multiply-add
 * @param bytes bytes per second read from memory
 */
record Limits(double flops, double bytes) {
    private static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = F.length();
    private static final int STEPS = 20_000_000;
    private static final int CHAINS = 12;
    private static final long BYTES = 256L << 20;

    /** Measures, the best of some rounds: a limit is what is possible. */
    static Limits measure() {
        int threads = Runtime.getRuntime().availableProcessors();
        double flops = 2.0 * CHAINS * LANES * STEPS * best(threads, Limits::multiply);
        try (Arena arena = Arena.ofShared()) {
            MemorySegment memory = arena.allocate(BYTES * threads, 64);
            double bytes = IntStream.range(0, 5)
                            .mapToDouble(i ->
                                    together(threads, thread -> () -> read(memory.asSlice(thread * BYTES, BYTES))))
                            .max()
                            .orElse(0)
                    * BYTES;
            return new Limits(flops, bytes);
        }
    }

    private static double best(int threads, DoubleSupplier work) {
        return IntStream.range(0, 5)
                .mapToDouble(i -> together(threads, thread -> work))
                .max()
                .orElse(0);
    }

    /** What one of the threads does. */
    private interface Share {
        DoubleSupplier of(int thread);
    }

    /** Returns how often per second all threads together do their work. */
    private static double together(int threads, Share share) {
        double[] kept = new double[threads];
        Thread[] all = new Thread[threads];
        long start = System.nanoTime();
        for (int i = 0; i < threads; i++) {
            int own = i;
            all[i] = Thread.ofPlatform().start(() -> kept[own] = share.of(own).getAsDouble());
        }
        for (Thread thread : all) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        return kept[0] == Double.MIN_VALUE ? 0 : threads / seconds;
    }

    private static double multiply() {
        FloatVector x = FloatVector.broadcast(F, 0.999f);
        FloatVector a = x;
        FloatVector b = x;
        FloatVector c = x;
        FloatVector d = x;
        FloatVector e = x;
        FloatVector f = x;
        FloatVector g = x;
        FloatVector h = x;
        FloatVector i = x;
        FloatVector j = x;
        FloatVector k = x;
        FloatVector l = x;
        for (int step = 0; step < STEPS; step++) {
            a = a.fma(x, x);
            b = b.fma(x, x);
            c = c.fma(x, x);
            d = d.fma(x, x);
            e = e.fma(x, x);
            f = f.fma(x, x);
            g = g.fma(x, x);
            h = h.fma(x, x);
            i = i.fma(x, x);
            j = j.fma(x, x);
            k = k.fma(x, x);
            l = l.fma(x, x);
        }
        return a.add(b)
                .add(c)
                .add(d)
                .add(e)
                .add(f)
                .add(g)
                .add(h)
                .add(i)
                .add(j)
                .add(k)
                .add(l)
                .reduceLanes(VectorOperators.ADD);
    }

    private static double read(MemorySegment memory) {
        FloatVector a = FloatVector.zero(F);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        int step = 4 * LANES;
        for (long at = 0; at < BYTES; at += 4L * step) {
            a = a.add(load(memory, at));
            b = b.add(load(memory, at + 4L * LANES));
            c = c.add(load(memory, at + 8L * LANES));
            d = d.add(load(memory, at + 12L * LANES));
        }
        return a.add(b).add(c.add(d)).reduceLanes(VectorOperators.ADD);
    }

    private static FloatVector load(MemorySegment memory, long at) {
        return FloatVector.fromMemorySegment(F, memory, at, ByteOrder.nativeOrder());
    }
}
