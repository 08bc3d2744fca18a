package carve.cpu.gemm;

import static carve.cpu.memory.NativeMemory.LANES;

import carve.api.tensor.DType;
import carve.cpu.memory.NativeMemory;
import carve.cpu.thread.ThreadPool;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The first products of a device, in plain loops: the bits of {@link Gemv} and {@link DotGemm}, soon.
 *
 * <p>Until the second compiler has come to a kernel of vectors, each vector is an object and each operation a call per lane. The
 * first compiler makes these loops as fast as they get within milliseconds, so a program's first token does not wait for the
 * second. There is a budget of multiplications, about what that takes; when it is used up, kernels run that are faster for good.
 */
final class ScalarGemm implements GemmKernel {
    private static final int PER_TASK = 16;

    private final ThreadPool threadPool;
    private final long budget;
    private long left;

    /** Makes the products of a device; a budget of 0 is for none. */
    ScalarGemm(ThreadPool threadPool, long budget) {
        this.threadPool = threadPool;
        this.budget = budget;
        this.left = budget;
    }

    /** Returns the multiply-adds of this device in all. */
    long budget() {
        return budget;
    }

    /** Returns whether the rest of the budget is enough for a problem, and its weights are F32 or BF16. */
    boolean fitsBudget(GemmProblem problem) {
        return problem.work() <= left && (problem.rightType() == DType.F32 || problem.rightType() == DType.BF16);
    }

    /** Takes a problem from the budget. */
    void takeFromBudget(GemmProblem problem) {
        left -= problem.work();
    }

    @Override
    public void multiply(GemmProblem problem) {
        takeFromBudget(problem);
        LinearWeights p = problem.weights();
        int m = problem.m();
        try (var _ = threadPool.scratch().frame()) {
            float[] rows = threadPool.scratch().floats(m * p.k());
            NativeMemory.copy(problem.a().address(), rows, 0, m * p.k());
            multiply(p, m, rows, problem.c().address());
        }
    }

    private void multiply(LinearWeights p, int m, float[] x, long y) {
        threadPool.parallelFor((p.n() + PER_TASK - 1) / PER_TASK, (task, scratchpad) -> {
            float[] row = scratchpad.floats(p.k());
            float[] sums = scratchpad.floats(LANES);
            short[] narrow = p.dtype() == DType.BF16 ? new short[p.k()] : new short[0];
            for (int i = task * PER_TASK; i < Math.min(p.n(), (task + 1) * PER_TASK); i++) {
                upcast(p, i, narrow, row);
                for (int j = 0; j < m; j++) {
                    float value = dot(row, x, j * p.k(), p.k(), sums);
                    NativeMemory.set(y + 4L * ((long) j * p.n() + i), p.bias() == 0 ? value : value + p.bias(i));
                }
            }
        });
    }

    private static void upcast(LinearWeights p, int i, short[] narrow, float[] row) {
        if (p.dtype() == DType.F32) {
            NativeMemory.copy(p.row(i), row, 0, p.k());
            return;
        }
        MemorySegment from = NativeMemory.segment(p.row(i), 2L * p.k());
        MemorySegment.copy(from, ValueLayout.JAVA_SHORT_UNALIGNED, 0, narrow, 0, p.k());
        for (int k = 0; k < p.k(); k++) {
            row[k] = Float.intBitsToFloat(narrow[k] << 16);
        }
    }

    // one sum per lane, along k, then halves onto each other
    private static float dot(float[] w, float[] x, int xo, int k, float[] sums) {
        for (int lane = 0; lane < LANES; lane++) {
            sums[lane] = 0;
        }
        for (int from = 0; from < k; from += LANES) {
            int count = Math.min(LANES, k - from);
            for (int lane = 0; lane < count; lane++) {
                sums[lane] = Math.fma(w[from + lane], x[xo + from + lane], sums[lane]);
            }
        }
        for (int half = LANES / 2; half > 0; half /= 2) {
            for (int lane = 0; lane < half; lane++) {
                sums[lane] += sums[lane + half];
            }
        }
        return sums[0];
    }
}
