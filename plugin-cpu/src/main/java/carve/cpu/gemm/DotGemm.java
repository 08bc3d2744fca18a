package carve.cpu.gemm;

import static carve.cpu.memory.NativeMemory.LANES;

import carve.api.tensor.DType;
import carve.cpu.memory.NativeMemory;
import carve.cpu.simd.LaneReduction;
import carve.cpu.thread.Scratchpad;
import carve.cpu.thread.ThreadPool;

/**
 * Products of rows with weights as they are stored, {@code y (M, N) = x (M, K) W (N, K)^T + b}, for any number of rows and any
 * storage type of the weights.
 *
 * <p>x is copied once into the layout of {@link DotKernel}, by all workers. A task is a strip of rows of x and a range of rows of
 * W; it dequantises eight rows of W at a time, chunk by chunk, and multiplies them with all rows of its strip, so that weights are
 * read once for up to {@link #MC} rows. An element of y is the sum of the lanes of one vector, to which neighbours along K
 * were added from the first to the last; {@link Gemv} adds in the same order.
 */
final class DotGemm implements GemmKernel {
    /** The most rows that share one reading of the weights. */
    static final int MC = 64;

    private static final int PANEL_ROWS = 2 * DotKernel.NR;
    private static final int PACKED = 4 * 1024 * 1024;
    private static final int ROW_BYTES = 64 * 1024;

    private final ThreadPool threadPool;

    DotGemm(ThreadPool threadPool) {
        this.threadPool = threadPool;
    }

    @Override
    public void multiply(GemmProblem problem) {
        LinearWeights p = problem.weights();
        int m = problem.m();
        long x = problem.a().address();
        long y = problem.c().address();
        int chunks = (p.k() + DotKernel.KC - 1) / DotKernel.KC;
        int most = Math.max(MC, PACKED / (chunks * DotKernel.ROW_STRIDE) / MC * MC);
        for (int done = 0; done < m; done += most) {
            int rows = Math.min(most, m - done);
            try (var _ = threadPool.scratch().frame()) {
                float[] packed = threadPool.scratch().floats(chunks * rows * DotKernel.ROW_STRIDE);
                pack(x + 4L * done * p.k(), rows, p.k(), chunks, packed);
                multiply(p, packed, rows, chunks, y + 4L * done * p.n());
            }
        }
    }

    /** Copies x: chunk by chunk of the depth, row by row. */
    private void pack(long x, int m, int k, int chunks, float[] to) {
        int each = Math.max(1, ROW_BYTES / 4 / k);
        threadPool.parallelFor((long) m * k <= 4 * ROW_BYTES, (m + each - 1) / each, (task, scratchpad) -> {
            for (int row = task * each; row < Math.min(m, (task + 1) * each); row++) {
                for (int c = 0; c < chunks; c++) {
                    int from = c * DotKernel.KC;
                    int depth = Math.min(DotKernel.KC, k - from);
                    Dequantisation.toFloats(
                            DType.F32, x + 4L * row * k, from, depth, to, (c * m + row) * DotKernel.ROW_STRIDE);
                }
            }
        });
    }

    private void multiply(LinearWeights p, float[] x, int m, int chunks, long y) {
        int strips = (m + MC - 1) / MC;
        int width = width(p, strips);
        int across = (p.n() + width - 1) / width;
        boolean small = (long) m * p.n() * p.k() <= GemmStrategies.SERIAL_WORK;
        threadPool.parallelFor(small, strips * across, (task, scratchpad) -> {
            int n = task / strips * width; // strips of the same weights follow each other
            int row = task % strips * MC;
            int rows = Math.min(MC, m - row);
            multiplyBlock(p, x, m, row, rows, chunks, n, Math.min(p.n(), n + width), y, scratchpad);
        });
    }

    private int width(LinearWeights p, int strips) {
        int rows = (p.n() + PANEL_ROWS - 1) / PANEL_ROWS * PANEL_ROWS;
        while (rows > 2 * PANEL_ROWS && (long) strips * p.n() / rows < 8L * threadPool.threads()) {
            rows /= 2;
        }
        return (rows + PANEL_ROWS - 1) / PANEL_ROWS * PANEL_ROWS;
    }

    private static void multiplyBlock(
            LinearWeights p,
            float[] x,
            int m,
            int row,
            int rows,
            int chunks,
            int n0,
            int n1,
            long y,
            Scratchpad scratchpad) {
        float[] panels = scratchpad.floats(PANEL_ROWS * DotKernel.ROW_STRIDE);
        float[] sums = scratchpad.floats((MC + DotKernel.MR) * PANEL_ROWS * LANES);
        for (int n = n0; n < n1; n += PANEL_ROWS) {
            int columns = Math.min(PANEL_ROWS, n1 - n);
            for (int c = 0; c < chunks; c++) {
                int k = c * DotKernel.KC;
                int depth = Math.min(DotKernel.KC, p.k() - k);
                for (int i = 0; i < columns; i++) {
                    Dequantisation.toFloats(p.dtype(), p.row(n + i), k, depth, panels, i * DotKernel.ROW_STRIDE);
                }
                int at = (c * m + row) * DotKernel.ROW_STRIDE;
                multiplyPanels(x, at, rows, panels, columns, DotKernel.roundUpToLanes(depth), c == 0, sums);
            }
            store(p, sums, rows, n, columns, y + 4L * ((long) row * p.n() + n));
        }
    }

    private static void multiplyPanels(
            float[] x, int at, int rows, float[] panels, int columns, int depth, boolean first, float[] sums) {
        for (int r = 0; r < rows; ) {
            int taken = DotKernel.nextRows(rows - r);
            for (int i = 0; i < columns; i += DotKernel.NR) {
                int sum = (r * PANEL_ROWS + i * taken) * LANES;
                DotKernel.run(
                        taken,
                        x,
                        at + r * DotKernel.ROW_STRIDE,
                        panels,
                        i * DotKernel.ROW_STRIDE,
                        depth,
                        first,
                        sums,
                        sum);
            }
            r += taken;
        }
    }

    // columns beyond the last were multiplied with what an earlier panel left, and are not stored
    private static void store(LinearWeights p, float[] sums, int rows, int n, int columns, long y) {
        LaneReduction.sumEach(sums, rows * PANEL_ROWS);
        for (int r = 0, taken; r < rows; r += taken) {
            taken = DotKernel.nextRows(rows - r);
            for (int i = 0, at = r * PANEL_ROWS; i < columns; i += DotKernel.NR, at += taken * DotKernel.NR) {
                long to = y + 4L * ((long) r * p.n() + i);
                if (columns - i >= DotKernel.NR) {
                    storeFours(sums, at, taken, p.bias() == 0 ? 0 : p.bias() + 4L * (n + i), to, p.n());
                } else {
                    storeRest(p, sums, at, taken, n + i, columns - i, to);
                }
            }
        }
    }

    private static void storeFours(float[] sums, int at, int rows, long bias, long to, int rowStride) {
        for (int j = 0; j < rows; j++) {
            if (bias == 0) {
                NativeMemory.storeFour(sums, at + j * DotKernel.NR, to + 4L * j * rowStride);
            } else {
                NativeMemory.storeFour(sums, at + j * DotKernel.NR, bias, to + 4L * j * rowStride);
            }
        }
    }

    private static void storeRest(LinearWeights p, float[] sums, int at, int rows, int n, int columns, long to) {
        for (int j = 0; j < rows; j++) {
            for (int i = 0; i < columns; i++) {
                float value = sums[at + j * DotKernel.NR + i];
                NativeMemory.set(to + 4L * ((long) j * p.n() + i), p.bias() == 0 ? value : value + p.bias(n + i));
            }
        }
    }
}
