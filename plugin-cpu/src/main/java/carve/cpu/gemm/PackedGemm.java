package carve.cpu.gemm;

import carve.cpu.memory.NativeMemory;
import carve.cpu.thread.Scratchpad;
import carve.cpu.thread.ThreadPool;

/**
 * Matrix products in F32: {@code C (M, N) = op(A) op(B)}, row-major with any row stride, one or many at a time.
 *
 * <p>The blocking, from the outside in: a {@link GemmBlock} of B, at most {@value #MAX_SHARED_PANEL} elements where workers share it and
 * {@value #MAX_PRIVATE_PANEL} where one works alone, is packed into panels and stays in the cache; strips of {@value #MC} rows of C are
 * tasks; a strip packs a block of A for each chunk of the depth, at most {@link MicroKernel#KC}; a tile of {@link MicroKernel#MR} by
 * {@link MicroKernel#NR} elements of C stays in registers for a chunk. An element of C is one chain of fused multiply-adds per chunk of
 * the depth, whatever the cut, so the bits do not depend on the threads.
 *
 * <p>The limit is two vectors of fused multiply-adds in each cycle; the tile's loop comes close to it on panels in the cache.
 * Packing B has to pay off over many rows of A, so up to E rows are for {@link DotGemm} instead, see {@link GemmStrategies}.
 */
final class PackedGemm {
    private static final int MAX_PRIVATE_PANEL = 160 * 1024;
    private static final int MAX_SHARED_PANEL = 2 * 1024 * 1024;
    private static final int MC = 96;
    private static final int TRANSPOSED_MC = 240;

    private final ThreadPool threadPool;

    PackedGemm(ThreadPool threadPool) {
        this.threadPool = threadPool;
    }

    /** Multiplies one pair of matrices after the other on the caller's thread. */
    void multiplyOnCaller(GemmProblem p) {
        for (int i = 0; i < p.batch(); i++) {
            multiplyOnOneThread(p, i, threadPool.scratch());
        }
    }

    /** Multiplies many pairs of matrices, each on one thread. */
    void multiplyEachOnOneThread(GemmProblem p) {
        threadPool.parallelFor(p.batch(), (i, scratchpad) -> multiplyOnOneThread(p, i, scratchpad));
    }

    /** Multiplies large matrices one pair after the other, each on all threads. */
    void multiplyOnAllThreads(GemmProblem p) {
        for (int i = 0; i < p.batch(); i++) {
            multiplyOnAllThreads(p, i);
        }
    }

    /** Multiplies large matrices: all pack the right operand together, then share out strips of the result. */
    private void multiplyOnAllThreads(GemmProblem p, int matrix) {
        int deep = Math.min(p.k(), MAX_SHARED_PANEL / MicroKernel.NR);
        int chunk = GemmBlock.chunk(deep);
        int block = deep / chunk * chunk;
        int wide = Math.max(1, MAX_SHARED_PANEL / block / MicroKernel.NR) * MicroKernel.NR;
        try (var _ = threadPool.scratch().frame()) {
            float[] packed =
                    threadPool.scratch().floats(GemmBlock.packedSize(Math.min(block, p.k()), Math.min(wide, p.n())));
            for (int k = 0; k < p.k(); k += block) {
                for (int n = 0; n < p.n(); n += wide) {
                    int depth = Math.min(block, p.k() - k);
                    int width = Math.min(wide, p.n() - n);
                    GemmBlock part = new GemmBlock(p, matrix, k, depth, chunk, n, width, packed);
                    pack(part);
                    multiplyRowBlocks(part);
                }
            }
        }
    }

    private void pack(GemmBlock part) {
        int chunks = (part.depth() + part.chunk() - 1) / part.chunk();
        int panels = MicroKernel.panels(part.width());
        int columns = Math.max(1, panels / 8) * MicroKernel.NR;
        int tasks = (part.width() + columns - 1) / columns;
        threadPool.parallelFor(chunks * tasks, (task, scratchpad) -> {
            int n = task % tasks * columns;
            part.packRight(task / tasks * part.chunk(), n, Math.min(columns, part.width() - n), scratchpad);
        });
    }

    private void multiplyRowBlocks(GemmBlock part) {
        int m = part.problem().m();
        int height = rowBlock(m, part.problem().transposeA() ? TRANSPOSED_MC : MC);
        int down = (m + height - 1) / height;
        int panels = MicroKernel.panels(part.width());
        int across = down >= 3 * threadPool.threads() ? 1 : Math.min(panels, 4 * threadPool.threads());
        int columns = (panels + across - 1) / across * MicroKernel.NR;
        threadPool.parallelFor(down * across, (task, scratchpad) -> {
            int row = task / across * height;
            int n = task % across * columns;
            if (n < part.width()) {
                part.multiplyRowBlock(
                        row, Math.min(height, m - row), n, Math.min(columns, part.width() - n), scratchpad);
            }
        });
    }

    private int rowBlock(int rows, int most) {
        int height = most;
        while (height > MicroKernel.MR && rows / height < 3 * threadPool.threads()) {
            height = Math.max(MicroKernel.MR, height / 2 / MicroKernel.MR * MicroKernel.MR);
        }
        return height;
    }

    /** Multiplies one pair of matrices on one thread. */
    private static void multiplyOnOneThread(GemmProblem p, int matrix, Scratchpad scratchpad) {
        int chunk = GemmBlock.chunk(p.k());
        int wide = Math.max(1, MAX_PRIVATE_PANEL / chunk / MicroKernel.NR) * MicroKernel.NR;
        try (var _ = scratchpad.frame()) {
            float[] panels = scratchpad.floats(GemmBlock.packedSize(chunk, Math.min(wide, p.n())));
            for (int n = 0; n < p.n(); n += wide) {
                int width = Math.min(wide, p.n() - n);
                for (int k = 0; k < p.k(); k += chunk) {
                    int depth = Math.min(chunk, p.k() - k);
                    GemmBlock part = new GemmBlock(p, matrix, k, depth, depth, n, width, panels);
                    part.packRight(0, 0, width, scratchpad);
                    for (int m = 0; m < p.m(); m += MC) {
                        part.multiplyRowBlock(m, Math.min(MC, p.m() - m), 0, width, scratchpad);
                    }
                }
            }
        }
    }

    /** Writes zeros, the result where K = 0. */
    static void clear(GemmProblem p) {
        for (int matrix = 0; !p.accumulate() && matrix < p.batch(); matrix++) {
            for (int m = 0; m < p.m(); m++) {
                long row = p.c().address() + 4 * (matrix * p.c().batchStride() + m * p.c().rowStride());
                NativeMemory.fill(row, 4L * p.n(), (byte) 0);
            }
        }
    }
}
