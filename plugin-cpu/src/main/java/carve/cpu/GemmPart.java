package carve.cpu;

import carve.api.tensor.DType;

/**
 * A part of a product: as much of the right operand as is packed at a time. It is packed chunk by chunk of the depth, each at most
 * {@link Tiles#DEPTH}, and then multiplied with strips of the left one, which are packed by whoever needs them.
 *
 * @param product what is multiplied
 * @param matrix which of the products it is
 * @param k0 the first of the depth
 * @param depth how deep
 * @param chunk the depth of a chunk; the last may be less
 * @param n0 the first column
 * @param width how many columns
 * @param panels the packed right operand, {@link #size} elements
 */
record GemmPart(Gemm.Product product, int matrix, int k0, int depth, int chunk, int n0, int width, float[] panels) {
    private static final int BLOCK = 1;
    private static final int TILE = 2;

    /** Returns the elements that packing takes. */
    static int size(int depth, int width) {
        return Tiles.panelsSize(depth, width);
    }

    /** Returns the depth of chunks that are about even. */
    static int chunk(int depth) {
        int chunks = (depth + Tiles.DEPTH - 1) / Tiles.DEPTH;
        return (depth + chunks - 1) / chunks;
    }

    private int columns() {
        return Tiles.panels(width) * Tiles.PANEL;
    }

    private int deep(int k) {
        return Math.min(chunk, depth - k);
    }

    /** Packs {@code count} columns, from the beginning of a panel on, of the chunk that begins at {@code k}. */
    void pack(int k, int n, int count, Scratch scratch) {
        Gemm.Matrix b = product.b();
        int deep = deep(k);
        int to = k * columns() + n * deep;
        if (product.right() == Gemm.Right.F32) {
            long from = b.address() + 4 * (matrix * b.stride() + (k0 + k) * b.distance() + n0 + n);
            Tiles.panels(from, b.distance(), deep, count, panels, to);
        } else {
            DType dtype = product.right().dtype();
            long rows = matrix * b.stride() + (n0 + n) * b.distance();
            long bytes = dtype.bytes(b.distance());
            TurnedPanels.make(dtype, b.address() + dtype.bytes(rows), bytes, k0 + k, deep, count, panels, to, scratch);
        }
    }

    /** Multiplies a strip of rows with {@code count} columns, from the beginning of a panel on. */
    void strip(int m, int rows, int n, int count, Scratch scratch) {
        Gemm.Matrix c = product.c();
        float[] block = scratch.floats(BLOCK, Tiles.blockSize(Tiles.DEPTH));
        float[] tile = scratch.floats(TILE, Tiles.ROWS * Tiles.PANEL);
        long to = c.address() + 4 * (matrix * c.stride() + m * c.distance() + n0 + n);
        for (int k = 0; k < depth; k += chunk) {
            int deep = deep(k);
            block(m, rows, k0 + k, deep, block);
            Tiles.multiply(
                    block,
                    0,
                    product.transposeA(),
                    panels,
                    k * columns() + n * deep,
                    rows,
                    deep,
                    count,
                    to,
                    c.distance(),
                    product.add() || k0 + k > 0,
                    tile);
        }
    }

    private void block(int m, int rows, int k, int deep, float[] to) {
        Gemm.Matrix a = product.a();
        long from = a.address() + 4 * matrix * a.stride();
        if (product.transposeA()) {
            Tiles.block(from + 4 * (k * a.distance() + m), a.distance(), deep, rows, to);
        } else {
            Tiles.block(from + 4 * (m * a.distance() + k), a.distance(), rows, deep, to);
        }
    }
}
