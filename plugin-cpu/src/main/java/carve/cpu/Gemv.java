package carve.cpu;

import static carve.cpu.Memory.F;
import static carve.cpu.Memory.LANES;

import carve.api.tensor.DType;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Products of few rows with a matrix, {@code y (M, N) = x (M, K) W (N, K)^T}: what decoding spends its time on.
 *
 * <p>The weights are read once, row by row, four cache lines at a time, which is what it takes to use the bandwidth of
 * the memory; further rows of x find a row of weights in the first cache. A vector of BF16 is read as integers that hold
 * two each, so x is split into its even and odd elements first.
 */
final class Gemv {
    /** The most rows that are better multiplied here than by {@link Gemm}. */
    static final int ROWS = 8;

    private static final int EVEN = 3;
    private static final int ODD = 4;
    private static final int ROW_BYTES = 64 * 1024;
    private static final long SMALL_BYTES = 256 * 1024;

    private final Workers workers;

    Gemv(Workers workers) {
        this.workers = workers;
    }

    /** Writes y; the weights are F32 or BF16. */
    void multiply(int m, int n, int k, long x, long w, DType dtype, long y) {
        int perTask = (int) Math.max(16, ROW_BYTES / Math.max(1, (long) k * dtype.bytes()));
        int tasks = (n + perTask - 1) / perTask;
        float[] even = workers.scratch().floats(EVEN, m * k);
        float[] odd = workers.scratch().floats(ODD, m * k);
        boolean halves = dtype == DType.BF16;
        for (int row = 0; row < m; row++) {
            if (halves) {
                split(x + 4L * row * k, k, even, odd, row * k);
            } else {
                Memory.copy(x + 4L * row * k, even, row * k, k);
            }
        }
        boolean small = (long) n * k * dtype.bytes() <= SMALL_BYTES;
        workers.run(small, tasks, (task, scratch) -> {
            int end = Math.min(n, (task + 1) * perTask);
            for (int i = task * perTask; i < end; i++) {
                long weights = w + (long) i * k * dtype.bytes();
                for (int row = 0; row < m; row++) {
                    float value = halves ? dotBf16(even, odd, row * k, weights, k) : dot(even, row * k, weights, k);
                    Memory.set(y + 4L * ((long) row * n + i), value);
                }
            }
        });
    }

    /** Puts elements 0, 2, ... of a row in one array and 1, 3, ... in another, in blocks of a vector of integers. */
    private static void split(long x, int k, float[] even, float[] odd, int at) {
        for (int i = 0; i < k; i++) {
            float value = Memory.get(x + 4L * i);
            if (i % 2 == 0) {
                even[at + i / 2] = value;
            } else {
                odd[at + i / 2] = value;
            }
        }
    }

    private static float dot(float[] x, int at, long w, int k) {
        FloatVector a = FloatVector.zero(F);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        int i = 0;
        for (; i <= k - 4 * LANES; i += 4 * LANES) {
            long from = w + 4L * i;
            a = FloatVector.fromArray(F, x, at + i).fma(Memory.load(from), a);
            b = FloatVector.fromArray(F, x, at + i + LANES).fma(Memory.load(from + 4L * LANES), b);
            c = FloatVector.fromArray(F, x, at + i + 2 * LANES).fma(Memory.load(from + 8L * LANES), c);
            d = FloatVector.fromArray(F, x, at + i + 3 * LANES).fma(Memory.load(from + 12L * LANES), d);
        }
        float sum = Lanes.sum(a.add(b).add(c.add(d)));
        for (; i < k; i++) {
            sum += x[at + i] * Memory.get(w + 4L * i);
        }
        return sum;
    }

    private static float dotBf16(float[] even, float[] odd, int at, long w, int k) {
        FloatVector a = FloatVector.zero(F);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        int half = k / 2;
        int i = 0;
        for (; i <= half - 4 * LANES; i += 4 * LANES) {
            long from = w + 4L * i;
            IntVector p = Memory.loadInts(from);
            IntVector q = Memory.loadInts(from + 4L * LANES);
            IntVector r = Memory.loadInts(from + 8L * LANES);
            IntVector s = Memory.loadInts(from + 12L * LANES);
            a = low(p).fma(FloatVector.fromArray(F, even, at + i), a);
            b = low(q).fma(FloatVector.fromArray(F, even, at + i + LANES), b);
            c = low(r).fma(FloatVector.fromArray(F, even, at + i + 2 * LANES), c);
            d = low(s).fma(FloatVector.fromArray(F, even, at + i + 3 * LANES), d);
            a = high(p).fma(FloatVector.fromArray(F, odd, at + i), a);
            b = high(q).fma(FloatVector.fromArray(F, odd, at + i + LANES), b);
            c = high(r).fma(FloatVector.fromArray(F, odd, at + i + 2 * LANES), c);
            d = high(s).fma(FloatVector.fromArray(F, odd, at + i + 3 * LANES), d);
        }
        for (; i <= half - LANES; i += LANES) {
            IntVector p = Memory.loadInts(w + 4L * i);
            a = low(p).fma(FloatVector.fromArray(F, even, at + i), a);
            b = high(p).fma(FloatVector.fromArray(F, odd, at + i), b);
        }
        float sum = Lanes.sum(a.add(b).add(c.add(d)));
        for (int j = 2 * i; j < k; j++) {
            sum += (j % 2 == 0 ? even : odd)[at + j / 2] * Memory.getBf16(w + 2L * j);
        }
        return sum;
    }

    private static FloatVector low(IntVector pairs) {
        return pairs.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
    }

    private static FloatVector high(IntVector pairs) {
        return pairs.and(0xFFFF0000).reinterpretAsFloats();
    }
}
