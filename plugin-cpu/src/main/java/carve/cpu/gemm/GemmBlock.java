package carve.cpu.gemm;

import carve.api.tensor.DType;
import carve.cpu.thread.Scratchpad;

/**
 * A part of a product: as much of the right operand as is packed at a time. It is packed chunk by chunk of the depth, each at most
 * {@link MicroKernel#KC}, and then multiplied with strips of the left one, which are packed by whoever needs them.
 *
 * @param problem the products
 * @param matrix which of the products it is
 * @param k0 the first of the depth
 * @param depth how deep
 * @param chunk the depth of a chunk; the last may be less
 * @param n0 the first column
 * @param width how many columns
 * @param panels the packed right operand, {@link #packedSize} elements
 */
record GemmBlock(GemmProblem problem, int matrix, int k0, int depth, int chunk, int n0, int width, float[] panels) {
    /** Returns the elements that packing takes. */
    static int packedSize(int depth, int width) {
        return MicroKernel.packedRightSize(depth, width);
    }

    /** Returns the depth of chunks that are about even. */
    static int chunk(int depth) {
        int chunks = (depth + MicroKernel.KC - 1) / MicroKernel.KC;
        return (depth + chunks - 1) / chunks;
    }

    private int paddedColumns() {
        return MicroKernel.panels(width) * MicroKernel.NR;
    }

    private int depthAt(int k) {
        return Math.min(chunk, depth - k);
    }

    /** Packs {@code count} columns, from the beginning of a panel on, of the chunk that begins at {@code k}. */
    void packRight(int k, int n, int count, Scratchpad scratchpad) {
        Matrix b = problem.b();
        int deep = depthAt(k);
        int to = k * paddedColumns() + n * deep;
        if (problem.rightLayout() == RightLayout.F32) {
            long from = b.address() + 4 * (matrix * b.batchStride() + (k0 + k) * b.rowStride() + n0 + n);
            MicroKernel.panels(from, b.rowStride(), deep, count, panels, to);
        } else {
            DType dtype = problem.rightLayout().dtype();
            long rows = matrix * b.batchStride() + (n0 + n) * b.rowStride();
            long bytes = dtype.bytes(b.rowStride());
            TransposedPacking.pack(
                    dtype, b.address() + dtype.bytes(rows), bytes, k0 + k, deep, count, panels, to, scratchpad);
        }
    }

    /** Multiplies a strip of rows with {@code count} columns, from the beginning of a panel on. */
    void multiplyRowBlock(int m, int rows, int n, int count, Scratchpad scratchpad) {
        try (var _ = scratchpad.frame()) {
            float[] block = scratchpad.floats(MicroKernel.packedLeftSize(MicroKernel.KC));
            float[] tile = scratchpad.floats(MicroKernel.MR * MicroKernel.NR);
            multiplyRowBlock(m, rows, n, count, block, tile);
        }
    }

    private void multiplyRowBlock(int m, int rows, int n, int count, float[] block, float[] tile) {
        Matrix c = problem.c();
        long to = c.address() + 4 * (matrix * c.batchStride() + m * c.rowStride() + n0 + n);
        for (int k = 0; k < depth; k += chunk) {
            int deep = depthAt(k);
            packLeft(m, rows, k0 + k, deep, block);
            MicroKernel.multiply(
                    block,
                    0,
                    problem.transposeA(),
                    panels,
                    k * paddedColumns() + n * deep,
                    rows,
                    deep,
                    count,
                    to,
                    c.rowStride(),
                    problem.accumulate() || k0 + k > 0,
                    tile);
        }
    }

    private void packLeft(int m, int rows, int k, int deep, float[] to) {
        Matrix a = problem.a();
        long from = a.address() + 4 * matrix * a.batchStride();
        if (problem.transposeA()) {
            MicroKernel.packLeft(from + 4 * (k * a.rowStride() + m), a.rowStride(), deep, rows, to);
        } else {
            MicroKernel.packLeft(from + 4 * (m * a.rowStride() + k), a.rowStride(), rows, deep, to);
        }
    }
}
