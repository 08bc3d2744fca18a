package carve.cpu;

import carve.api.tensor.DType;
import java.util.Optional;

/**
 * Matrix products in F32: {@code C (M, N) = op(A) op(B)}, row-major with any row distance, one or many at a time.
 *
 * <p>The blocking, from the outside in: a {@link GemmPart} of B, at most {@value #SHARED} elements where workers share it and
 * {@value #PACKED} where one works alone, is packed into panels and stays in the cache; strips of {@value #STRIP} rows of C are
 * tasks; a strip packs a block of A for each chunk of the depth, at most {@link Tiles#DEPTH}; a tile of {@link Tiles#ROWS} by
 * {@link Tiles#PANEL} elements of C stays in registers for a chunk. An element of C is one chain of fused multiply-adds per chunk of
 * the depth, whatever the cut, so the bits do not depend on the threads.
 *
 * <p>The limit is two vectors of fused multiply-adds in each cycle; the tile's loop comes close to it on panels in the cache.
 * Packing B has to pay off over many rows of A, so up to {@link CpuConfig#exactRows} rows are for {@link Rows} instead.
 */
final class Gemm {
    private static final int PACKED = 160 * 1024;
    private static final int SHARED = 2 * 1024 * 1024;
    private static final int STRIP = 96;
    private static final int TRANSPOSED_STRIP = 240;
    private static final int PANELS = 0;
    private static final long SMALL = 64L * 64 * 64;
    private static final long MEDIUM = 512L * 512 * 512;

    private final Workers workers;
    private final BlasChoice blas;
    private float[] packed = new float[0];

    Gemm(Workers workers, BlasChoice blas) {
        this.workers = workers;
        this.blas = blas;
    }

    /** How the right operand is stored. */
    enum Right {
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
        static Right transposed(DType dtype) {
            return switch (dtype) {
                case F32 -> F32_TRANSPOSED;
                case BF16 -> BF16_TRANSPOSED;
                case F16 -> F16_TRANSPOSED;
                case Q8_0 -> Q8_0_TRANSPOSED;
                case Q4_0 -> Q4_0_TRANSPOSED;
                default -> throw CpuDevice.unsupported(dtype);
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
     * @param distance elements from row to row
     * @param stride elements from matrix to matrix
     */
    record Matrix(long address, long distance, long stride) {}

    /**
     * The extents of a product.
     *
     * @param batch number of matrices
     * @param m rows of C
     * @param n columns of C
     * @param k depth
     */
    record Extents(int batch, int m, int n, int k) {}

    /**
     * Multiplies.
     *
     * @param size the extents
     * @param transposeA whether A is stored (K, M) instead of (M, K)
     * @param right how B is stored
     * @param add whether to add to C instead of overwriting it
     */
    void multiply(Extents size, Matrix a, boolean transposeA, Matrix b, Right right, Matrix c, boolean add) {
        long work = (long) size.m * size.n * size.k;
        Product product = new Product(size, a, transposeA, b, right, c, add);
        if (work == 0) {
            if (!add) {
                clear(size, c);
            }
        } else if (work * size.batch <= SMALL || workers.threads() == 1 && work <= MEDIUM) {
            for (int i = 0; i < size.batch; i++) {
                one(product, i, workers.scratch());
            }
        } else if (size.batch >= 4 * workers.threads() || work <= SMALL) {
            workers.run(size.batch, (i, scratch) -> one(product, i, scratch));
        } else {
            Optional<Blas> library = product.isDense() ? blas.of(size.m, size.n, size.k, transposeA) : Optional.empty();
            for (int i = 0; i < size.batch; i++) {
                if (library.isPresent()) {
                    product.give(library.get(), i);
                } else {
                    shared(product, i);
                }
            }
        }
    }

    /** What is multiplied with what. */
    record Product(Extents size, Matrix a, boolean transposeA, Matrix b, Right right, Matrix c, boolean add) {
        /** Returns whether all is F32 without gaps, and the result is overwritten. */
        boolean isDense() {
            boolean transposeB = right == Right.F32_TRANSPOSED;
            return !add
                    && (right == Right.F32 || transposeB)
                    && a.distance == (transposeA ? size.m : size.k)
                    && b.distance == (transposeB ? size.k : size.n)
                    && c.distance == size.n;
        }

        /** Has a library compute one of the products. */
        void give(Blas library, int matrix) {
            library.multiply(
                    size.m,
                    size.n,
                    size.k,
                    a.address + 4 * matrix * a.stride,
                    transposeA,
                    b.address + 4 * matrix * b.stride,
                    right == Right.F32_TRANSPOSED,
                    c.address + 4 * matrix * c.stride);
        }
    }

    /** Multiplies large matrices: all pack the right operand together, then share out strips of the result. */
    private void shared(Product p, int matrix) {
        Extents size = p.size;
        int deep = Math.min(size.k, SHARED / Tiles.PANEL);
        int chunk = GemmPart.chunk(deep);
        int block = deep / chunk * chunk;
        int wide = Math.max(1, SHARED / block / Tiles.PANEL) * Tiles.PANEL;
        for (int k = 0; k < size.k; k += block) {
            for (int n = 0; n < size.n; n += wide) {
                int depth = Math.min(block, size.k - k);
                int width = Math.min(wide, size.n - n);
                if (packed.length < GemmPart.size(depth, width)) {
                    packed = new float[GemmPart.size(depth, width)];
                }
                GemmPart part = new GemmPart(p, matrix, k, depth, chunk, n, width, packed);
                pack(part);
                strips(part);
            }
        }
    }

    private void pack(GemmPart part) {
        int chunks = (part.depth() + part.chunk() - 1) / part.chunk();
        int panels = Tiles.panels(part.width());
        int columns = Math.max(1, panels / 8) * Tiles.PANEL;
        int tasks = (part.width() + columns - 1) / columns;
        workers.run(chunks * tasks, (task, scratch) -> {
            int n = task % tasks * columns;
            part.pack(task / tasks * part.chunk(), n, Math.min(columns, part.width() - n), scratch);
        });
    }

    private void strips(GemmPart part) {
        int m = part.product().size.m;
        int height = height(m, part.product().transposeA ? TRANSPOSED_STRIP : STRIP);
        int down = (m + height - 1) / height;
        int panels = Tiles.panels(part.width());
        int across = down >= 3 * workers.threads() ? 1 : Math.min(panels, 4 * workers.threads());
        int columns = (panels + across - 1) / across * Tiles.PANEL;
        workers.run(down * across, (task, scratch) -> {
            int row = task / across * height;
            int n = task % across * columns;
            if (n < part.width()) {
                part.strip(row, Math.min(height, m - row), n, Math.min(columns, part.width() - n), scratch);
            }
        });
    }

    private int height(int rows, int most) {
        int height = most;
        while (height > Tiles.ROWS && rows / height < 3 * workers.threads()) {
            height = Math.max(Tiles.ROWS, height / 2 / Tiles.ROWS * Tiles.ROWS);
        }
        return height;
    }

    /** Multiplies one pair of matrices on one thread. */
    private static void one(Product p, int matrix, Scratch scratch) {
        Extents size = p.size;
        int chunk = GemmPart.chunk(size.k);
        int wide = Math.max(1, PACKED / chunk / Tiles.PANEL) * Tiles.PANEL;
        for (int n = 0; n < size.n; n += wide) {
            int width = Math.min(wide, size.n - n);
            for (int k = 0; k < size.k; k += chunk) {
                int depth = Math.min(chunk, size.k - k);
                float[] panels = scratch.floats(PANELS, GemmPart.size(depth, width));
                GemmPart part = new GemmPart(p, matrix, k, depth, depth, n, width, panels);
                part.pack(0, 0, width, scratch);
                for (int m = 0; m < size.m; m += STRIP) {
                    part.strip(m, Math.min(STRIP, size.m - m), 0, width, scratch);
                }
            }
        }
    }

    private static void clear(Extents size, Matrix c) {
        for (int matrix = 0; matrix < size.batch; matrix++) {
            for (int m = 0; m < size.m; m++) {
                Memory.fill(c.address + 4 * (matrix * c.stride + m * c.distance), 4L * size.n, (byte) 0);
            }
        }
    }
}
