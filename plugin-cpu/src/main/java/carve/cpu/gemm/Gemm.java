package carve.cpu.gemm;

import carve.api.tensor.DType;
import carve.cpu.blas.Blas;
import carve.cpu.blas.BlasSelector;
import carve.cpu.config.CpuConfig;
import carve.cpu.memory.NativeMemory;
import carve.cpu.simd.Casts;
import carve.cpu.thread.Scratchpad;
import carve.cpu.thread.ThreadPool;
import java.util.Optional;

/**
 * Matrix products in F32: {@code C (M, N) = op(A) op(B)}, row-major with any row distance, one or many at a time.
 *
 * <p>The blocking, from the outside in: a {@link GemmBlock} of B, at most {@value #MAX_SHARED_PANEL} elements where workers share it and
 * {@value #MAX_PRIVATE_PANEL} where one works alone, is packed into panels and stays in the cache; strips of {@value #MC} rows of C are
 * tasks; a strip packs a block of A for each chunk of the depth, at most {@link MicroKernel#KC}; a tile of {@link MicroKernel#MR} by
 * {@link MicroKernel#NR} elements of C stays in registers for a chunk. An element of C is one chain of fused multiply-adds per chunk of
 * the depth, whatever the cut, so the bits do not depend on the threads.
 *
 * <p>The limit is two vectors of fused multiply-adds in each cycle; the tile's loop comes close to it on panels in the cache.
 * Packing B has to pay off over many rows of A, so up to {@link CpuConfig#batchInvariantRows} rows are for {@link DotGemm} instead.
 */
public final class Gemm {
    private static final int MAX_PRIVATE_PANEL = 160 * 1024;
    private static final int MAX_SHARED_PANEL = 2 * 1024 * 1024;
    private static final int MC = 96;
    private static final int TRANSPOSED_MC = 240;
    private static final long MAX_SERIAL_WORK = 64L * 64 * 64;
    private static final long MAX_SERIAL_WORK_OF_ONE_THREAD = 512L * 512 * 512;

    private final ThreadPool threadPool;
    private final BlasSelector blas;

    public Gemm(ThreadPool threadPool, BlasSelector blas) {
        this.threadPool = threadPool;
        this.blas = blas;
    }

    /** How the right operand is stored. */
    public enum RightLayout {
        /** F32, (K, N). */
        F32,
        /** F32, (N, K). */
        F32_TRANSPOSED,
        /** BF16, (N, K). */
        BF16_TRANSPOSED,
        /** F16, (N, K). */
        F16_TRANSPOSED,
        /** Blocks of bytes, (N, K). */
        Q8_0_TRANSPOSED,
        /** Blocks of nibbles, (N, K). */
        Q4_0_TRANSPOSED;

        /** Returns weights (N, K) of a storage type. */
        public static RightLayout transposed(DType dtype) {
            return switch (dtype) {
                case F32 -> F32_TRANSPOSED;
                case BF16 -> BF16_TRANSPOSED;
                case F16 -> F16_TRANSPOSED;
                case Q8_0 -> Q8_0_TRANSPOSED;
                case Q4_0 -> Q4_0_TRANSPOSED;
                default -> throw Casts.unsupported(dtype);
            };
        }

        /** Returns the storage type. */
        DType dtype() {
            return switch (this) {
                case F32, F32_TRANSPOSED -> DType.F32;
                case BF16_TRANSPOSED -> DType.BF16;
                case F16_TRANSPOSED -> DType.F16;
                case Q8_0_TRANSPOSED -> DType.Q8_0;
                case Q4_0_TRANSPOSED -> DType.Q4_0;
            };
        }
    }

    /**
     * One of the operands or the result.
     *
     * @param address where the first matrix begins
     * @param rowStride elements from row to row
     * @param batchStride elements from matrix to matrix
     */
    public record Matrix(long address, long rowStride, long batchStride) {}

    /**
     * The extents of a product.
     *
     * @param batch number of matrices
     * @param m rows of C
     * @param n columns of C
     * @param k depth
     */
    public record Dimensions(int batch, int m, int n, int k) {}

    /**
     * Multiplies.
     *
     * @param size the extents
     * @param transposeA whether A is stored (K, M) instead of (M, K)
     * @param rightLayout how B is stored
     * @param add whether to add to C instead of overwriting it
     */
    public void multiply(
            Dimensions size, Matrix a, boolean transposeA, Matrix b, RightLayout rightLayout, Matrix c, boolean add) {
        long work = (long) size.m * size.n * size.k;
        Product product = new Product(size, a, transposeA, b, rightLayout, c, add);
        if (work == 0) {
            if (!add) {
                clear(size, c);
            }
        } else if (work * size.batch <= MAX_SERIAL_WORK
                || threadPool.threads() == 1 && work <= MAX_SERIAL_WORK_OF_ONE_THREAD) {
            for (int i = 0; i < size.batch; i++) {
                multiplyOnOneThread(product, i, threadPool.scratch());
            }
        } else if (size.batch >= 4 * threadPool.threads() || work <= MAX_SERIAL_WORK) {
            threadPool.parallelFor(size.batch, (i, scratchpad) -> multiplyOnOneThread(product, i, scratchpad));
        } else {
            Optional<Blas> library =
                    product.isDense() ? blas.select(size.m, size.n, size.k, transposeA) : Optional.empty();
            for (int i = 0; i < size.batch; i++) {
                if (library.isPresent()) {
                    product.multiplyBy(library.get(), i);
                } else {
                    multiplyOnAllThreads(product, i);
                }
            }
        }
    }

    /** What is multiplied with what. */
    record Product(
            Dimensions size,
            Matrix a,
            boolean transposeA,
            Matrix b,
            RightLayout rightLayout,
            Matrix c,
            boolean accumulate) {
        /** Returns whether all is F32 without gaps, and the result is overwritten. */
        boolean isDense() {
            boolean transposeB = rightLayout == RightLayout.F32_TRANSPOSED;
            return !accumulate
                    && (rightLayout == RightLayout.F32 || transposeB)
                    && a.rowStride == (transposeA ? size.m : size.k)
                    && b.rowStride == (transposeB ? size.k : size.n)
                    && c.rowStride == size.n;
        }

        /** Has a library compute one of the products. */
        void multiplyBy(Blas library, int matrix) {
            library.multiply(
                    size.m,
                    size.n,
                    size.k,
                    a.address + 4 * matrix * a.batchStride,
                    transposeA,
                    b.address + 4 * matrix * b.batchStride,
                    rightLayout == RightLayout.F32_TRANSPOSED,
                    c.address + 4 * matrix * c.batchStride);
        }
    }

    /** Multiplies large matrices: all pack the right operand together, then share out strips of the result. */
    private void multiplyOnAllThreads(Product p, int matrix) {
        Dimensions size = p.size;
        int deep = Math.min(size.k, MAX_SHARED_PANEL / MicroKernel.NR);
        int chunk = GemmBlock.chunk(deep);
        int block = deep / chunk * chunk;
        int wide = Math.max(1, MAX_SHARED_PANEL / block / MicroKernel.NR) * MicroKernel.NR;
        try (var _ = threadPool.scratch().frame()) {
            float[] packed =
                    threadPool.scratch().floats(GemmBlock.packedSize(Math.min(block, size.k), Math.min(wide, size.n)));
            for (int k = 0; k < size.k; k += block) {
                for (int n = 0; n < size.n; n += wide) {
                    int depth = Math.min(block, size.k - k);
                    int width = Math.min(wide, size.n - n);
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
        int m = part.product().size.m;
        int height = rowBlock(m, part.product().transposeA ? TRANSPOSED_MC : MC);
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
    private static void multiplyOnOneThread(Product p, int matrix, Scratchpad scratchpad) {
        Dimensions size = p.size;
        int chunk = GemmBlock.chunk(size.k);
        int wide = Math.max(1, MAX_PRIVATE_PANEL / chunk / MicroKernel.NR) * MicroKernel.NR;
        try (var _ = scratchpad.frame()) {
            float[] panels = scratchpad.floats(GemmBlock.packedSize(chunk, Math.min(wide, size.n)));
            for (int n = 0; n < size.n; n += wide) {
                int width = Math.min(wide, size.n - n);
                for (int k = 0; k < size.k; k += chunk) {
                    int depth = Math.min(chunk, size.k - k);
                    GemmBlock part = new GemmBlock(p, matrix, k, depth, depth, n, width, panels);
                    part.packRight(0, 0, width, scratchpad);
                    for (int m = 0; m < size.m; m += MC) {
                        part.multiplyRowBlock(m, Math.min(MC, size.m - m), 0, width, scratchpad);
                    }
                }
            }
        }
    }

    private static void clear(Dimensions size, Matrix c) {
        for (int matrix = 0; matrix < size.batch; matrix++) {
            for (int m = 0; m < size.m; m++) {
                NativeMemory.fill(c.address + 4 * (matrix * c.batchStride + m * c.rowStride), 4L * size.n, (byte) 0);
            }
        }
    }
}
