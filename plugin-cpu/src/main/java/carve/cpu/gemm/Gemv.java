package carve.cpu.gemm;

import static carve.cpu.memory.NativeMemory.F;
import static carve.cpu.memory.NativeMemory.LANES;

import carve.api.tensor.DType;
import carve.cpu.memory.NativeMemory;
import carve.cpu.simd.LaneReduction;
import carve.cpu.thread.ThreadPool;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Products of one row with weights as they are stored, {@code y (N) = x (K) W (N, K)^T + b}: the hot loop of decoding.
 *
 * <p>Four rows of W are converted to F32 in registers and multiplied side by side, which hides what one sum waits for. They are some
 * rows apart, so that each of the four places is read from front to back for many pages, as the processor expects it. Each sum adds in the order of {@link DotGemm}, so the bits are those that the row would have
 * among others.
 *
 * <p>The loops over blocks are compiled by themselves, as {@code carve.args} asks: inlined into their caller they leave the compiler no room for
 * all of their operations, and it makes objects of the vectors of the rest.
 */
final class Gemv implements GemmKernel {
    private static final int COLUMNS = DotKernel.NR;
    private static final int HALF = Dequantisation.BLOCK / 2;
    private static final int Q8_0 = DType.Q8_0.blockBytes();
    private static final int Q4_0 = DType.Q4_0.blockBytes();
    private static final int STREAM_BYTES = 64 * 1024;
    private static final long SMALL_BYTES = 256 * 1024;

    private static final FloatVector STEPS = steps();

    private final ThreadPool threadPool;

    Gemv(ThreadPool threadPool) {
        this.threadPool = threadPool;
    }

    private static FloatVector steps() {
        float[] steps = new float[Math.max(LANES, 2 * HALF)];
        for (int i = 0; i < HALF; i++) {
            steps[i] = i - HALF / 2;
        }
        return FloatVector.fromArray(F, steps, 0);
    }

    @Override
    public void multiply(GemmProblem problem) {
        LinearWeights p = problem.weights();
        try (var _ = threadPool.scratch().frame()) {
            multiply(p, packInput(p, problem.a().address()), problem.c().address());
        }
    }

    private void multiply(LinearWeights p, float[] row, long y) {
        long bytes = p.dtype().bytes(p.k());
        int separation = separation(p, bytes);
        int perTask = COLUMNS * separation;
        boolean small = p.n() * bytes <= SMALL_BYTES;
        threadPool.parallelFor(small, (p.n() + perTask - 1) / perTask, (task, scratchpad) -> {
            float[] sums = scratchpad.floats(COLUMNS * LANES);
            int end = Math.min(p.n(), task * perTask + separation);
            for (int i = task * perTask; i < end; i++) {
                dotFour(p, i, separation, row, sums);
                LaneReduction.sumEach(sums, COLUMNS);
                for (int j = 0; j < COLUMNS && i + j * separation < p.n(); j++) {
                    int at = i + j * separation;
                    NativeMemory.set(y + 4L * at, p.bias() == 0 ? sums[j] : sums[j] + p.bias(at));
                }
            }
        });
    }

    /** Returns how far separation the four places are: as many rows as make the same number of equal tasks for each thread. */
    private int separation(LinearWeights p, long bytes) {
        int most = Math.clamp(STREAM_BYTES / Math.max(1, bytes), 4, 256);
        int least = 4 * threadPool.threads();
        int tasks = Math.max(least, (p.n() + COLUMNS * most - 1) / (COLUMNS * most));
        int whole = (tasks + threadPool.threads() - 1) / threadPool.threads() * threadPool.threads();
        return Math.max(4, (p.n() + COLUMNS * whole - 1) / (COLUMNS * whole));
    }

    /**
     * Copies x. Where weights are quantised its blocks are as far separation, or twice as far, as those of the weights, so that one
     * number counts both.
     */
    private float[] packInput(LinearWeights p, long x) {
        if (!hasLoopOverBlocks(p.dtype())) {
            float[] row = threadPool.scratch().floats(DotKernel.roundUpToLanes(p.k()));
            Dequantisation.toFloats(DType.F32, x, 0, p.k(), row, 0);
            return row;
        }
        int step = p.dtype() == DType.Q8_0 ? Q8_0 : 2 * Q4_0;
        float[] row = threadPool.scratch().floats(p.k() / Dequantisation.BLOCK * step);
        for (int from = 0, to = 0; from < p.k(); from += Dequantisation.BLOCK, to += step) {
            Dequantisation.toFloats(DType.F32, x, from, Dequantisation.BLOCK, row, to);
        }
        return row;
    }

    private static boolean hasLoopOverBlocks(DType dtype) {
        return Dequantisation.HAS_BYTE_VECTORS && (dtype == DType.Q8_0 || dtype == DType.Q4_0);
    }

    /** Multiplies four rows, from one on; the last row stands in for those beyond it. */
    private static void dotFour(LinearWeights p, int i, int separation, float[] x, float[] sums) {
        int last = p.n() - 1;
        long a = p.row(i);
        long b = p.row(Math.min(last, i + separation));
        long c = p.row(Math.min(last, i + 2 * separation));
        long d = p.row(Math.min(last, i + 3 * separation));
        DType dtype = p.dtype();
        if (dtype == DType.F32) {
            f32(x, a, b, c, d, p.k(), sums);
        } else if (dtype == DType.BF16) {
            bf16(x, a, b, c, d, p.k(), sums);
        } else if (dtype == DType.Q8_0 && Dequantisation.HAS_BYTE_VECTORS) {
            q8(x, a, b, c, d, p.k(), sums);
        } else if (dtype == DType.Q4_0 && LANES == HALF) {
            q4Lookup(x, a, b, p.k(), sums, 0);
            q4Lookup(x, c, d, p.k(), sums, 2 * LANES);
        } else if (dtype == DType.Q4_0 && Dequantisation.HAS_BYTE_VECTORS) {
            q4(x, a, b, p.k(), sums, 0);
            q4(x, c, d, p.k(), sums, 2 * LANES);
        } else if (dtype == DType.F16) {
            f16(x, a, b, p.k(), sums, 0);
            f16(x, c, d, p.k(), sums, 2 * LANES);
        } else {
            dequantised(p, x, new long[] {a, b, c, d}, sums);
        }
    }

    // Loops with != are not unrolled: unrolled ones read each of the four places in bursts, which the memory answers a
    // third slower.
    private static void f32(float[] x, long a, long b, long c, long d, int k, float[] sums) {
        FloatVector s = FloatVector.zero(F);
        FloatVector t = s;
        FloatVector u = s;
        FloatVector v = s;
        int whole = F.loopBound(k);
        for (int i = 0; i != whole; i += LANES) {
            FloatVector value = FloatVector.fromArray(F, x, i);
            s = NativeMemory.load(a + 4L * i).fma(value, s);
            t = NativeMemory.load(b + 4L * i).fma(value, t);
            u = NativeMemory.load(c + 4L * i).fma(value, u);
            v = NativeMemory.load(d + 4L * i).fma(value, v);
        }
        if (whole < k) {
            var rest = NativeMemory.firstLanes(k - whole);
            FloatVector value = FloatVector.fromArray(F, x, whole);
            s = NativeMemory.load(a + 4L * whole, rest).fma(value, s);
            t = NativeMemory.load(b + 4L * whole, rest).fma(value, t);
            u = NativeMemory.load(c + 4L * whole, rest).fma(value, u);
            v = NativeMemory.load(d + 4L * whole, rest).fma(value, v);
        }
        LaneReduction.storeFour(s, t, u, v, sums);
    }

    private static void bf16(float[] x, long a, long b, long c, long d, int k, float[] sums) {
        FloatVector s = FloatVector.zero(F);
        FloatVector t = s;
        FloatVector u = s;
        FloatVector v = s;
        int whole = F.loopBound(k);
        for (int i = 0; i != whole; i += LANES) {
            FloatVector value = FloatVector.fromArray(F, x, i);
            s = NativeMemory.loadBf16(a + 2L * i).fma(value, s);
            t = NativeMemory.loadBf16(b + 2L * i).fma(value, t);
            u = NativeMemory.loadBf16(c + 2L * i).fma(value, u);
            v = NativeMemory.loadBf16(d + 2L * i).fma(value, v);
        }
        if (whole < k) {
            FloatVector value = FloatVector.fromArray(F, x, whole);
            s = rest(DType.BF16, a + 2L * whole, k - whole).fma(value, s);
            t = rest(DType.BF16, b + 2L * whole, k - whole).fma(value, t);
            u = rest(DType.BF16, c + 2L * whole, k - whole).fma(value, u);
            v = rest(DType.BF16, d + 2L * whole, k - whole).fma(value, v);
        }
        LaneReduction.storeFour(s, t, u, v, sums);
    }

    private static FloatVector rest(DType dtype, long from, int count) {
        float[] rest = new float[LANES];
        Dequantisation.toFloats(dtype, from, 0, count, rest, 0);
        return FloatVector.fromArray(F, rest, 0);
    }

    private static void q8(float[] x, long a, long b, long c, long d, int k, float[] sums) {
        FloatVector s = FloatVector.zero(F);
        FloatVector t = s;
        FloatVector u = s;
        FloatVector v = s;
        int end = k / Dequantisation.BLOCK * Q8_0;
        for (int at = 0; at != end; at += Q8_0) {
            FloatVector sa = FloatVector.broadcast(F, Dequantisation.scale(a + at));
            FloatVector sb = FloatVector.broadcast(F, Dequantisation.scale(b + at));
            FloatVector sc = FloatVector.broadcast(F, Dequantisation.scale(c + at));
            FloatVector sd = FloatVector.broadcast(F, Dequantisation.scale(d + at));
            for (int j = 0; j < Dequantisation.BLOCK; j += LANES) {
                FloatVector value = FloatVector.fromArray(F, x, at + j);
                s = Dequantisation.q8(a + at, j).mul(sa).fma(value, s);
                t = Dequantisation.q8(b + at, j).mul(sb).fma(value, t);
                u = Dequantisation.q8(c + at, j).mul(sc).fma(value, u);
                v = Dequantisation.q8(d + at, j).mul(sd).fma(value, v);
            }
        }
        LaneReduction.storeFour(s, t, u, v, sums);
    }

    /**
     * Multiplies two rows, because four have more operations than the compiler puts into one method. What the 16 integers stand
     * for under a scale is one vector, of which each element is looked up: of an index its last four bits count.
     */
    private static void q4Lookup(float[] x, long a, long b, int k, float[] sums, int to) {
        FloatVector s = FloatVector.zero(F);
        FloatVector t = s;
        int end = k / Dequantisation.BLOCK * Q4_0;
        for (int at = 0; at != end; at += Q4_0) {
            FloatVector low = FloatVector.fromArray(F, x, 2 * at);
            FloatVector high = FloatVector.fromArray(F, x, 2 * at + HALF);
            IntVector values = STEPS.mul(Dequantisation.scale(a + at)).reinterpretAsInts();
            IntVector pairs = NativeMemory.loadUnsignedBytes(a + at + Short.BYTES);
            s = pairs.selectFrom(values).reinterpretAsFloats().fma(low, s);
            s = pairs.lanewise(VectorOperators.LSHR, 4)
                    .selectFrom(values)
                    .reinterpretAsFloats()
                    .fma(high, s);
            values = STEPS.mul(Dequantisation.scale(b + at)).reinterpretAsInts();
            pairs = NativeMemory.loadUnsignedBytes(b + at + Short.BYTES);
            t = pairs.selectFrom(values).reinterpretAsFloats().fma(low, t);
            t = pairs.lanewise(VectorOperators.LSHR, 4)
                    .selectFrom(values)
                    .reinterpretAsFloats()
                    .fma(high, t);
        }
        s.intoArray(sums, to);
        t.intoArray(sums, to + LANES);
    }

    private static void q4(float[] x, long a, long b, int k, float[] sums, int to) {
        FloatVector s = FloatVector.zero(F);
        FloatVector t = s;
        int end = k / Dequantisation.BLOCK * Q4_0;
        for (int at = 0; at != end; at += Q4_0) {
            float da = Dequantisation.scale(a + at);
            float db = Dequantisation.scale(b + at);
            FloatVector sa = FloatVector.broadcast(F, da);
            FloatVector sb = FloatVector.broadcast(F, db);
            FloatVector za = FloatVector.broadcast(F, -8 * da);
            FloatVector zb = FloatVector.broadcast(F, -8 * db);
            for (int j = 0; j < HALF; j += LANES) {
                FloatVector value = FloatVector.fromArray(F, x, 2 * at + j);
                s = Dequantisation.lowNibbles(a + at, j).fma(sa, za).fma(value, s);
                t = Dequantisation.lowNibbles(b + at, j).fma(sb, zb).fma(value, t);
            }
            for (int j = 0; j < HALF; j += LANES) {
                FloatVector value = FloatVector.fromArray(F, x, 2 * at + HALF + j);
                s = Dequantisation.highNibbles(a + at, j).fma(sa, za).fma(value, s);
                t = Dequantisation.highNibbles(b + at, j).fma(sb, zb).fma(value, t);
            }
        }
        s.intoArray(sums, to);
        t.intoArray(sums, to + LANES);
    }

    private static void f16(float[] x, long a, long b, int k, float[] sums, int at) {
        FloatVector s = FloatVector.zero(F);
        FloatVector t = s;
        int whole = F.loopBound(k);
        for (int i = 0; i != whole; i += LANES) {
            FloatVector value = FloatVector.fromArray(F, x, i);
            s = Dequantisation.f16(a + 2L * i).fma(value, s);
            t = Dequantisation.f16(b + 2L * i).fma(value, t);
        }
        if (whole < k) {
            FloatVector value = FloatVector.fromArray(F, x, whole);
            s = rest(DType.F16, a + 2L * whole, k - whole).fma(value, s);
            t = rest(DType.F16, b + 2L * whole, k - whole).fma(value, t);
        }
        s.intoArray(sums, at);
        t.intoArray(sums, at + LANES);
    }

    private static void dequantised(LinearWeights p, float[] x, long[] rows, float[] sums) {
        float[] panel = new float[COLUMNS * DotKernel.ROW_STRIDE];
        for (int k = 0; k < p.k(); k += DotKernel.KC) {
            int depth = Math.min(DotKernel.KC, p.k() - k);
            for (int i = 0; i < COLUMNS; i++) {
                Dequantisation.toFloats(p.dtype(), rows[i], k, depth, panel, i * DotKernel.ROW_STRIDE);
            }
            DotKernel.run(1, x, k, panel, 0, DotKernel.roundUpToLanes(depth), k == 0, sums, 0);
        }
    }
}
