package carve.cpu;

/**
 * Matrix products in F32: {@code C (M, N) = op(A) op(B)}, row-major with any row distance, one or many at a time.
 *
 * <p>Work is cut into rectangles of C; each worker packs what its rectangle needs. An element of C is one chain of
 * fused multiply-adds per {@link Tiles#DEPTH} of depth, whatever the cut, so the bits do not depend on the threads.
 */
final class Gemm {
    private static final int PACKED = 160 * 1024;
    private static final int STRIP = 96;
    private static final int PANELS = 0;
    private static final int BLOCK = 1;
    private static final int TILE = 2;
    private static final long SMALL = 64L * 64 * 64;

    private final Workers workers;

    Gemm(Workers workers) {
        this.workers = workers;
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
        F16_TRANSPOSED
    }

    /**
     * One of the operands or the result.
     *
     * @param address where the first matrix begins
     * @param distance elements from row to row
     * @param stride elements from matrix to matrix
     */
    record Matrix(long address, long distance, long stride) {
    }

    /**
     * The extents of a product.
     *
     * @param batch number of matrices
     * @param m rows of C
     * @param n columns of C
     * @param k depth
     */
    record Extents(int batch, int m, int n, int k) {
    }

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
        if (work * size.batch <= SMALL || workers.threads() == 1) {
            for (int i = 0; i < size.batch; i++) {
                one(workers.scratch(), size, i, a, transposeA, b, right, c, add, 0, size.m, 0, size.n);
            }
        } else if (size.batch >= 4 * workers.threads() || work <= SMALL) {
            workers.run(size.batch, (i, scratch) ->
                    one(scratch, size, i, a, transposeA, b, right, c, add, 0, size.m, 0, size.n));
        } else {
            split(size, a, transposeA, b, right, c, add);
        }
    }

    private void split(Extents size, Matrix a, boolean transposeA, Matrix b, Right right, Matrix c, boolean add) {
        int rows = 1;
        int columns = 1;
        while (rows * columns < workers.threads()) {
            if (size.m / (rows + 1) >= size.n / (columns + 1)) {
                rows++;
            } else {
                columns++;
            }
        }
        int height = roundUp((size.m + rows - 1) / rows, Tiles.ROWS);
        int width = roundUp((size.n + columns - 1) / columns, Tiles.PANEL);
        int down = (size.m + height - 1) / height;
        int across = (size.n + width - 1) / width;
        workers.run(size.batch * down * across, (task, scratch) -> {
            int matrix = task / (down * across);
            int m = task / across % down * height;
            int n = task % across * width;
            one(scratch, size, matrix, a, transposeA, b, right, c, add,
                    m, Math.min(size.m, m + height), n, Math.min(size.n, n + width));
        });
    }

    private static int roundUp(int value, int unit) {
        return (value + unit - 1) / unit * unit;
    }

    private static void one(Scratch scratch, Extents size, int matrix, Matrix a, boolean transposeA, Matrix b,
            Right right, Matrix c, boolean add, int m0, int m1, int n0, int n1) {
        int depth = (size.k + Tiles.DEPTH - 1) / Tiles.DEPTH;
        int chunk = depth == 0 ? 0 : (size.k + depth - 1) / depth;
        int wide = Math.max(1, PACKED / Math.max(1, chunk) / Tiles.PANEL) * Tiles.PANEL;
        long atC = c.address + 4 * matrix * c.stride;
        if (size.k == 0 && !add) {
            for (int m = m0; m < m1; m++) {
                Memory.fill(atC + 4 * (m * c.distance + n0), 4L * (n1 - n0), (byte) 0);
            }
        }
        for (int n = n0; n < n1; n += wide) {
            int width = Math.min(wide, n1 - n);
            for (int k = 0; k < size.k; k += chunk) {
                int deep = Math.min(chunk, size.k - k);
                float[] panels = scratch.floats(PANELS, Tiles.panelsSize(deep, width));
                pack(b, right, matrix, k, n, deep, width, panels);
                strips(scratch, a, transposeA, matrix, panels, m0, m1, k, deep, width,
                        atC + 4L * n, c.distance, add || k > 0);
            }
        }
    }

    private static void pack(Matrix b, Right right, int matrix, int k, int n, int depth, int width, float[] to) {
        switch (right) {
            case F32 -> Tiles.panels(b.address + 4 * (matrix * b.stride + k * b.distance + n), b.distance, depth,
                    width, to);
            case F32_TRANSPOSED -> Tiles.panelsTransposed(b.address + 4 * (matrix * b.stride + n * b.distance + k),
                    b.distance, depth, width, to);
            case BF16_TRANSPOSED -> Tiles.panelsTransposedBf16(
                    b.address + 2 * (matrix * b.stride + n * b.distance + k), b.distance, depth, width, to);
            case F16_TRANSPOSED -> Tiles.panelsTransposedF16(
                    b.address + 2 * (matrix * b.stride + n * b.distance + k), b.distance, depth, width, to);
        }
    }

    private static void strips(Scratch scratch, Matrix a, boolean transposeA, int matrix, float[] panels, int m0,
            int m1, int k, int depth, int width, long c, long distance, boolean add) {
        float[] block = scratch.floats(BLOCK, Tiles.blockSize(Math.max(STRIP, Tiles.DEPTH)));
        float[] tile = scratch.floats(TILE, Tiles.ROWS * Tiles.PANEL);
        for (int m = m0; m < m1; m += STRIP) {
            int rows = Math.min(STRIP, m1 - m);
            if (transposeA) {
                long from = a.address + 4 * (matrix * a.stride + k * a.distance + m);
                Tiles.block(from, a.distance, depth, rows, block);
            } else {
                long from = a.address + 4 * (matrix * a.stride + m * a.distance + k);
                Tiles.block(from, a.distance, rows, depth, block);
            }
            Tiles.multiply(block, 0, transposeA, panels, rows, depth, width, c + 4 * m * distance, distance, add,
                    tile);
        }
    }
}
