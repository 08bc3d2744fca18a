package carve.cpu;

import carve.api.tensor.DType;
import java.util.Optional;

/**
 * Matrix products in F32: {@code C (M, N) = op(A) op(B)}, row-major with any row distance, one or many at a time.
 *
 * <p>B is packed into panels, by all workers for large products; strips of C are then tasks. An element of C is one
 * chain of fused multiply-adds per chunk of the depth, whatever the cut, so the bits do not depend on the threads.
 */
final class Gemm {
    private static final int PACKED = 160 * 1024;
    private static final int SHARED = 2 * 1024 * 1024;
    private static final int STRIP = 96;
    private static final int TRANSPOSED_STRIP = 240;
    private static final int PANELS = 0;
    private static final int BLOCK = 1;
    private static final int TILE = 2;
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

        private DType dtype() {
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
            Optional<Blas> library = product.isDense() ? blas.of(size.m, size.n, size.k) : Optional.empty();
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
    private record Product(Extents size, Matrix a, boolean transposeA, Matrix b, Right right, Matrix c, boolean add) {
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
        int chunk = chunk(deep);
        int block = deep / chunk * chunk;
        int wide = Math.max(1, SHARED / block / Tiles.PANEL) * Tiles.PANEL;
        for (int k = 0; k < size.k; k += block) {
            for (int n = 0; n < size.n; n += wide) {
                part(p, matrix, k, Math.min(block, size.k - k), chunk, n, Math.min(wide, size.n - n));
            }
        }
    }

    private void part(Product p, int matrix, int k0, int depth, int chunk, int n0, int width) {
        int columns = Tiles.panels(width) * Tiles.PANEL;
        if (packed.length < depth * columns) {
            packed = new float[depth * columns];
        }
        float[] panels = packed;
        int chunks = (depth + chunk - 1) / chunk;
        int perTask = Math.max(1, Tiles.panels(width) / 8);
        int tasks = (Tiles.panels(width) + perTask - 1) / perTask;
        workers.run(chunks * tasks, (task, scratch) -> {
            int k = task / tasks * chunk;
            int n = task % tasks * perTask * Tiles.PANEL;
            int deep = Math.min(chunk, depth - k);
            pack(
                    p.b,
                    p.right,
                    matrix,
                    k0 + k,
                    n0 + n,
                    deep,
                    Math.min(perTask * Tiles.PANEL, width - n),
                    panels,
                    k * columns + n * deep,
                    scratch);
        });
        int strip = p.transposeA ? TRANSPOSED_STRIP : STRIP;
        while (strip > Tiles.ROWS && p.size.m / strip < 3 * workers.threads()) {
            strip = Math.max(Tiles.ROWS, strip / 2 / Tiles.ROWS * Tiles.ROWS);
        }
        int height = strip;
        int down = (p.size.m + height - 1) / height;
        int across = down >= 3 * workers.threads() ? 1 : Math.min(Tiles.panels(width), 4 * workers.threads());
        int each = (Tiles.panels(width) + across - 1) / across * Tiles.PANEL;
        workers.run(down * across, (task, scratch) -> {
            int m = task / across * height;
            int n = task % across * each;
            if (n < width) {
                strip(
                        p,
                        matrix,
                        k0,
                        depth,
                        chunk,
                        n0,
                        n,
                        Math.min(each, width - n),
                        columns,
                        m,
                        Math.min(height, p.size.m - m),
                        panels,
                        scratch);
            }
        });
    }

    private static void strip(
            Product p,
            int matrix,
            int k0,
            int depth,
            int chunk,
            int n0,
            int n,
            int width,
            int columns,
            int m,
            int rows,
            float[] panels,
            Scratch scratch) {
        float[] block = scratch.floats(BLOCK, Tiles.blockSize(Tiles.DEPTH));
        float[] tile = scratch.floats(TILE, Tiles.ROWS * Tiles.PANEL);
        long c = p.c.address + 4 * (matrix * p.c.stride + m * p.c.distance + n0 + n);
        for (int k = 0; k < depth; k += chunk) {
            int deep = Math.min(chunk, depth - k);
            block(p.a, p.transposeA, matrix, m, rows, k0 + k, deep, block);
            Tiles.multiply(
                    block,
                    0,
                    p.transposeA,
                    panels,
                    k * columns + n * deep,
                    rows,
                    deep,
                    width,
                    c,
                    p.c.distance,
                    p.add || k0 + k > 0,
                    tile);
        }
    }

    private static void block(Matrix a, boolean transposed, int matrix, int m, int rows, int k, int depth, float[] to) {
        if (transposed) {
            Tiles.block(a.address + 4 * (matrix * a.stride + k * a.distance + m), a.distance, depth, rows, to);
        } else {
            Tiles.block(a.address + 4 * (matrix * a.stride + m * a.distance + k), a.distance, rows, depth, to);
        }
    }

    private static int chunk(int depth) {
        int chunks = (depth + Tiles.DEPTH - 1) / Tiles.DEPTH;
        return (depth + chunks - 1) / chunks;
    }

    /** Multiplies one pair of matrices on one thread. */
    private static void one(Product p, int matrix, Scratch scratch) {
        Extents size = p.size;
        int chunk = chunk(size.k);
        int wide = Math.max(1, PACKED / chunk / Tiles.PANEL) * Tiles.PANEL;
        for (int n = 0; n < size.n; n += wide) {
            int width = Math.min(wide, size.n - n);
            int columns = Tiles.panels(width) * Tiles.PANEL;
            for (int k = 0; k < size.k; k += chunk) {
                int deep = Math.min(chunk, size.k - k);
                float[] panels = scratch.floats(PANELS, deep * columns);
                pack(p.b, p.right, matrix, k, n, deep, width, panels, 0, scratch);
                for (int m = 0; m < size.m; m += STRIP) {
                    strip(
                            p,
                            matrix,
                            k,
                            deep,
                            deep,
                            n,
                            0,
                            width,
                            columns,
                            m,
                            Math.min(STRIP, size.m - m),
                            panels,
                            scratch);
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

    private static void pack(
            Matrix b,
            Right right,
            int matrix,
            int k,
            int n,
            int depth,
            int width,
            float[] to,
            int at,
            Scratch scratch) {
        long rows = matrix * b.stride + n * b.distance;
        switch (right) {
            case F32 ->
                Tiles.panels(
                        b.address + 4 * (matrix * b.stride + k * b.distance + n), b.distance, depth, width, to, at);
            case F32_TRANSPOSED -> Tiles.panelsTransposed(b.address + 4 * (rows + k), b.distance, depth, width, to, at);
            case BF16_TRANSPOSED, F16_TRANSPOSED, Q8_0_TRANSPOSED, Q4_0_TRANSPOSED -> {
                DType dtype = right.dtype();
                long bytes = dtype.bytes(b.distance);
                Tiles.panelsTransposed(dtype, b.address + dtype.bytes(rows), bytes, k, depth, width, to, at, scratch);
            }
        }
    }
}
