package carve.cpu.gemm;

import carve.api.tensor.DType;
import carve.cpu.gemm.SkinnyGemmGenerator.RowPlacement;
import carve.cpu.jit.MachineCode;
import carve.cpu.thread.ThreadPool;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Products of rows with weights as they are stored, {@code y (M, N) = x (M, K) W (N, K)^T + b}, by machine code that is made for
 * each K at its first use. It computes the same as {@link Gemv} and {@link DotGemm}, on processors with AVX-512.
 *
 * <p>A task is a range of rows of W. Where x has few rows, four places of the range are read at the same time, each from front to
 * back, as the processor expects it. Where it has more, the range fits into L2, from where it is read again for
 * the next rows of x.
 */
final class JitSkinnyGemm implements GemmKernel, AutoCloseable {
    private static final long STREAM_BYTES = 64 * 1024;
    // the rows of x that are prepared for Q4_0 at a time, and stay in the caches while W is read
    private static final int MAX_ROW_BLOCK = 512;
    private static final int COLUMNS = SkinnyGemmGenerator.NR;
    private static final int Q4_INPUT_BYTES = 3 * Dequantisation.BLOCK / 2 * Float.BYTES;

    private final ThreadPool threadPool;
    private final Map<KernelKey, MachineCode> kernels = new HashMap<>();
    private final Map<FixedPointLayout, MachineCode> fixedPointPackings = new HashMap<>();
    private final boolean hasVnni;
    private Optional<MachineCode> q4Packing = Optional.empty();

    private record KernelKey(DType dtype, int k, int rows, boolean bias, RowPlacement placement) {}

    /**
     * Makes the kernel.
     *
     * @param hasVnni whether the processor multiplies and adds bytes in vectors of 512 bits
     */
    JitSkinnyGemm(ThreadPool threadPool, boolean hasVnni) {
        this.threadPool = threadPool;
        this.hasVnni = hasVnni;
    }

    /** Returns whether there is code for weights of a type. */
    boolean supports(DType dtype) {
        return !dtype.isQuantised() || dtype == DType.Q8_0 || dtype == DType.Q4_0 || isFixedPoint(dtype);
    }

    @Override
    public void multiply(GemmProblem problem) {
        LinearWeights p = problem.weights();
        int m = problem.m();
        long x = problem.a().address();
        long y = problem.c().address();
        for (int row = 0; row < m; row += MAX_ROW_BLOCK) {
            multiplyRowBlock(p, Math.min(MAX_ROW_BLOCK, m - row), x + 4L * row * p.k(), y + 4L * row * p.n());
        }
    }

    private void multiplyRowBlock(LinearWeights p, int m, long x, long y) {
        try (var _ = threadPool.scratch().frame()) {
            multiplyPacked(p, m, packInput(p, m, x), y);
        }
    }

    /**
     * Rows of x as the machine code reads them.
     *
     * @param address of the first
     * @param rowBytes from row to row
     */
    private record PackedInput(long address, int rowBytes) {}

    private PackedInput packInput(LinearWeights p, int m, long x) {
        if (isFixedPoint(p.dtype())) {
            return packFixedPoint(new FixedPointLayout(p.dtype(), p.k()), m, x);
        }
        return p.dtype() == DType.Q4_0 ? packQ4Input(p, m, x) : new PackedInput(x, p.k() * Float.BYTES);
    }

    private void multiplyPacked(LinearWeights p, int m, PackedInput x, long y) {
        int tile = isFixedPoint(p.dtype())
                ? FixedPointGemmGenerator.MAX_ROWS
                : SkinnyGemmGenerator.maxRows(p.dtype(), p.k());
        int passes = (m + tile - 1) / tile;
        int rows = (m + passes - 1) / passes;
        int last = m - (passes - 1) * rows;
        KernelPair most = kernelPair(p, rows, passes);
        KernelPair fewer = last == rows ? most : kernelPair(p, last, passes);
        int each = weightRowsPerTask(p);
        boolean small = (long) m * p.n() * p.k() <= GemmStrategies.SERIAL_WORK;
        threadPool.parallelFor(small, (p.n() + each - 1) / each, (task, scratchpad) -> {
            int n = task * each;
            int count = Math.min(each, p.n() - n);
            for (int row = 0; row < m; row += rows) {
                long to = y + 4L * ((long) row * p.n() + n);
                (m - row < rows ? fewer : most).run(p, n, count, x.address + (long) row * x.rowBytes, to);
            }
        });
    }

    /**
     * The code that multiplies some rows of x with a range of rows of W.
     *
     * @param adjacent code for four adjacent rows of W at a time; empty if W is read only once, from memory
     * @param apart code for four rows of W that are a quarter of the range apart, or one row instead of four
     */
    private record KernelPair(Optional<MachineCode> adjacent, MachineCode apart) {
        void run(LinearWeights p, int n, int count, long x, long y) {
            int times = count / COLUMNS;
            int done = times * COLUMNS;
            long bytes = p.dtype().bytes(p.k());
            long next = 4L * p.n();
            long bias = p.bias() == 0 ? 0 : p.bias() + 4L * n - y;
            if (times > 0 && adjacent.isPresent()) {
                adjacent.get().call(p.row(n), bytes, x, y, Float.BYTES, times, next, bias);
            } else if (times > 0) {
                apart.call(p.row(n), times * bytes, x, y, 4L * times, times, next, bias);
            }
            if (done < count) {
                apart.call(p.row(n + done), 0, x, y + 4L * done, 0, count - done, next, bias);
            }
        }
    }

    private KernelPair kernelPair(LinearWeights p, int rows, int passes) {
        return new KernelPair(
                passes > 1 ? Optional.of(kernel(p, rows, RowPlacement.ADJACENT)) : Optional.empty(),
                kernel(p, rows, RowPlacement.APART));
    }

    /** Returns how many rows of W make a task: as many as make the same number of tasks for each thread. */
    private int weightRowsPerTask(LinearWeights p) {
        long bytes = p.dtype().bytes(p.k());
        int most = COLUMNS * Math.clamp(STREAM_BYTES / Math.max(1, bytes), 4, 256);
        int least = 4 * threadPool.threads();
        int tasks = Math.max(least, (p.n() + most - 1) / most);
        int whole = (tasks + threadPool.threads() - 1) / threadPool.threads() * threadPool.threads();
        int each = Math.max(4 * COLUMNS, (p.n() + whole - 1) / whole);
        return (each + COLUMNS - 1) / COLUMNS * COLUMNS;
    }

    private PackedInput packFixedPoint(FixedPointLayout layout, int m, long x) {
        long to = threadPool.scratch().nativeBuffer((long) m * layout.rowBytes());
        fixedPointPackings
                .computeIfAbsent(layout, key -> MachineCode.of(FixedPointPackingGenerator.generate(key)))
                .call(x, to, m, 0, 0, 0, 0, 0);
        return new PackedInput(to, layout.rowBytes());
    }

    private PackedInput packQ4Input(LinearWeights p, int m, long x) {
        long blocks = (long) m * p.k() / Dequantisation.BLOCK;
        long to = threadPool.scratch().nativeBuffer(blocks * Q4_INPUT_BYTES);
        if (q4Packing.isEmpty()) {
            q4Packing = Optional.of(MachineCode.of(Q4PackingGenerator.generate()));
        }
        q4Packing.get().call(x, to, blocks, 0, 0, 0, 0, 0);
        return new PackedInput(to, p.k() / Dequantisation.BLOCK * Q4_INPUT_BYTES);
    }

    private MachineCode kernel(LinearWeights p, int rows, RowPlacement rowPlacement) {
        return kernels.computeIfAbsent(
                new KernelKey(p.dtype(), p.k(), rows, p.bias() != 0, rowPlacement),
                kernelKey -> MachineCode.of(generate(kernelKey)));
    }

    private byte[] generate(KernelKey key) {
        return isFixedPoint(key.dtype)
                ? FixedPointGemmGenerator.generate(
                        new FixedPointLayout(key.dtype, key.k), key.rows, key.bias, key.placement)
                : SkinnyGemmGenerator.generate(key.dtype, key.k, key.rows, key.bias, key.placement);
    }

    private boolean isFixedPoint(DType dtype) {
        return hasVnni && FixedPointLayout.supports(dtype);
    }

    @Override
    public void close() {
        kernels.values().forEach(MachineCode::close);
        fixedPointPackings.values().forEach(MachineCode::close);
        q4Packing.ifPresent(MachineCode::close);
    }
}
