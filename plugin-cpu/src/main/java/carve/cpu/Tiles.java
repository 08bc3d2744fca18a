package carve.cpu;

import static carve.cpu.Memory.F;
import static carve.cpu.Memory.LANES;

import carve.api.tensor.DType;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/**
 * Matrix products of small blocks held in heap arrays: the inner loops of {@link Gemm}, of attention and of scans.
 *
 * <p>A <em>block</em> is the left operand, up to {@link #DEPTH} elements wide, row-major with the constant row distance
 * {@link #STRIDE} so that the twelve rows of a step are constant offsets from one address. It may be used as it is
 * (rows by depth) or transposed (depth by rows). <em>Panels</em> are the right operand cut into strips of
 * {@link #PANEL} columns, each strip depth-major: element {@code (k, n)} is at
 * {@code (n / PANEL) * depth * PANEL + k * PANEL + n % PANEL}; columns beyond the end are 0.
 *
 * <p>Both operands and the result are arrays, because a loop that held all three in native memory would not get
 * through the first compiler and run 100 times slower.
 */
final class Tiles {
    /** The largest width of a block. */
    static final int DEPTH = 256;
    /** The row distance of a block: no power of two, or twelve rows would compete for the same lines of the cache. */
    static final int STRIDE = DEPTH + 16;
    /** The number of columns of a panel. */
    static final int PANEL = 2 * LANES;
    /** The number of rows that the fastest step works on. */
    static final int ROWS = 12;

    private static final int WIDENED = 8;

    private Tiles() {}

    /** Returns a count rounded up to whole panels. */
    static int panels(int columns) {
        return (columns + PANEL - 1) / PANEL;
    }

    /** Returns the length of an array for panels of {@code depth} by {@code columns}. */
    static int panelsSize(int depth, int columns) {
        return panels(columns) * PANEL * depth;
    }

    /** Returns the length of an array for a block of this many rows; rows are read in steps of twelve. */
    static int blockSize(int rows) {
        return (rows + ROWS) * STRIDE;
    }

    /** Copies {@code rows x columns} F32 with this row distance into a block. */
    static void block(long from, long distance, int rows, int columns, float[] to) {
        int whole = F.loopBound(columns);
        var rest = Memory.first(columns - whole);
        for (int r = 0; r < rows; r++) {
            long row = from + 4L * r * distance;
            int at = r * STRIDE;
            for (int c = 0; c < whole; c += LANES) {
                Memory.load(row + 4L * c).intoArray(to, at + c);
            }
            if (whole < columns) {
                Memory.load(row + 4L * whole, rest).intoArray(to, at + whole); // there is room for a whole vector
            }
        }
    }

    /** Makes panels of a row-major {@code depth x columns} matrix with this row distance. */
    static void panels(long from, long distance, int depth, int columns, float[] to) {
        panels(from, distance, depth, columns, to, 0);
    }

    /** Makes panels from an index of the array on. */
    static void panels(long from, long distance, int depth, int columns, float[] to, int start) {
        for (int n = 0, at = start; n < columns; n += PANEL) {
            int width = Math.min(PANEL, columns - n);
            for (int k = 0; k < depth; k++, at += PANEL) {
                long row = from + 4L * (k * distance + n);
                if (width == PANEL) {
                    Memory.load(row).intoArray(to, at);
                    Memory.load(row + 4L * LANES).intoArray(to, at + LANES);
                } else {
                    Memory.load(row, Memory.first(width)).intoArray(to, at);
                    Memory.load(row + 4L * LANES, Memory.first(width - LANES)).intoArray(to, at + LANES);
                }
            }
        }
    }

    /** Makes panels of the transpose of a row-major {@code columns x depth} matrix with this row distance. */
    static void panelsTransposed(long from, long distance, int depth, int columns, float[] to) {
        panelsTransposed(from, distance, depth, columns, to, 0);
    }

    /** Makes panels of the transpose from an index of the array on. */
    static void panelsTransposed(long from, long distance, int depth, int columns, float[] to, int start) {
        for (int n = 0; n < columns; n++) {
            int at = start + (n / PANEL) * depth * PANEL + n % PANEL;
            long row = from + 4L * n * distance;
            for (int k = 0; k < depth; k++) {
                to[at + k * PANEL] = Memory.get(row + 4L * k);
            }
        }
        clearLastPanel(depth, columns, to, start);
    }

    /**
     * Makes panels of the transpose of part of a row-major matrix of any storage type, {@code columns} rows that are {@code
     * bytes} apart, from element {@code first} of each on.
     */
    static void panelsTransposed(
            DType dtype,
            long from,
            long bytes,
            int first,
            int depth,
            int columns,
            float[] to,
            int start,
            Scratch scratch) {
        int skipped = first % dtype.blockElements();
        int begin = first - skipped;
        int whole = (skipped + depth + dtype.blockElements() - 1) / dtype.blockElements() * dtype.blockElements();
        float[] row = scratch.floats(WIDENED, Dots.whole(whole));
        for (int n = 0; n < columns; n++) {
            int at = start + (n / PANEL) * depth * PANEL + n % PANEL;
            Widening.row(dtype, from + n * bytes, begin, whole, row, 0);
            for (int k = 0; k < depth; k++) {
                to[at + k * PANEL] = row[skipped + k];
            }
        }
        clearLastPanel(depth, columns, to, start);
    }

    private static void clearLastPanel(int depth, int columns, float[] to, int start) {
        int used = columns % PANEL;
        if (used != 0) {
            int at = start + (columns / PANEL) * depth * PANEL;
            for (int k = 0; k < depth; k++, at += PANEL) {
                Arrays.fill(to, at + used, at + PANEL, 0);
            }
        }
    }

    /**
     * Writes block x panels to {@code c}, row distance {@code cs}, which must have room for whole panels and for rows
     * in steps of four.
     *
     * @param transposed whether the block is (depth, rows) instead of (rows, depth)
     */
    static void multiply(
            float[] a,
            int ao,
            boolean transposed,
            float[] b,
            int rows,
            int depth,
            int columns,
            float[] c,
            int co,
            int cs) {
        int step = transposed ? 1 : STRIDE;
        for (int r = 0; r < rows; ) {
            int taken = rows - r > 8 ? ROWS : 4;
            for (int n = 0, panel = 0; n < columns; n += PANEL, panel += depth * PANEL) {
                step(taken, a, ao + r * step, transposed, b, panel, depth, c, co + r * cs + n, cs);
            }
            r += taken;
        }
    }

    /** Multiplies 12 or 4 rows of a block with one panel, and writes the tile. */
    static void step(
            int rows, float[] a, int ao, boolean transposed, float[] b, int bo, int depth, float[] c, int co, int cs) {
        if (rows == ROWS) {
            if (transposed) {
                columns12(a, ao, b, bo, depth, c, co, cs);
            } else {
                rows12(a, ao, b, bo, depth, c, co, cs);
            }
        } else if (transposed) {
            columns4(a, ao, b, bo, depth, c, co, cs);
        } else {
            rows4(a, ao, b, bo, depth, c, co, cs);
        }
    }

    /**
     * Writes block x panels to native memory, row distance {@code distance}, or adds it to what is there.
     *
     * @param tile an array of at least {@code ROWS * PANEL} elements
     */
    static void multiply(
            float[] a,
            int ao,
            boolean transposed,
            float[] b,
            int bo,
            int rows,
            int depth,
            int columns,
            long c,
            long distance,
            boolean add,
            float[] tile) {
        int step = transposed ? 1 : STRIDE;
        for (int r = 0; r < rows; ) {
            int taken = rows - r > 8 ? ROWS : 4;
            for (int n = 0, panel = bo; n < columns; n += PANEL, panel += depth * PANEL) {
                step(taken, a, ao + r * step, transposed, b, panel, depth, tile, 0, PANEL);
                store(
                        tile,
                        PANEL,
                        Math.min(taken, rows - r),
                        Math.min(PANEL, columns - n),
                        c + 4 * (r * distance + n),
                        distance,
                        add);
            }
            r += taken;
        }
    }

    /** Writes an array of {@code rows x columns}, row distance {@code stride}, to native memory or adds it there. */
    static void store(float[] tile, int stride, int rows, int columns, long to, long distance, boolean add) {
        int whole = F.loopBound(columns);
        var rest = Memory.first(columns - whole);
        for (int r = 0; r < rows; r++) {
            long row = to + 4L * r * distance;
            int n = 0;
            for (; n < whole; n += LANES) {
                FloatVector value = FloatVector.fromArray(F, tile, r * stride + n);
                long at = row + 4L * n;
                Memory.store(at, add ? value.add(Memory.load(at)) : value);
            }
            if (n < columns) {
                FloatVector value = FloatVector.fromArray(F, tile, r * stride + n, rest);
                long at = row + 4L * n;
                Memory.store(at, add ? value.add(Memory.load(at, rest)) : value, rest);
            }
        }
    }

    /** Multiplies 12 rows of a block with one panel. */
    private static void rows12(float[] a, int ao, float[] b, int bo, int depth, float[] c, int co, int cs) {
        FloatVector l0 = FloatVector.zero(F);
        FloatVector h0 = FloatVector.zero(F);
        FloatVector l1 = FloatVector.zero(F);
        FloatVector h1 = FloatVector.zero(F);
        FloatVector l2 = FloatVector.zero(F);
        FloatVector h2 = FloatVector.zero(F);
        FloatVector l3 = FloatVector.zero(F);
        FloatVector h3 = FloatVector.zero(F);
        FloatVector l4 = FloatVector.zero(F);
        FloatVector h4 = FloatVector.zero(F);
        FloatVector l5 = FloatVector.zero(F);
        FloatVector h5 = FloatVector.zero(F);
        FloatVector l6 = FloatVector.zero(F);
        FloatVector h6 = FloatVector.zero(F);
        FloatVector l7 = FloatVector.zero(F);
        FloatVector h7 = FloatVector.zero(F);
        FloatVector l8 = FloatVector.zero(F);
        FloatVector h8 = FloatVector.zero(F);
        FloatVector l9 = FloatVector.zero(F);
        FloatVector h9 = FloatVector.zero(F);
        FloatVector l10 = FloatVector.zero(F);
        FloatVector h10 = FloatVector.zero(F);
        FloatVector l11 = FloatVector.zero(F);
        FloatVector h11 = FloatVector.zero(F);
        for (int k = 0; k < depth; k++) {
            FloatVector low = FloatVector.fromArray(F, b, bo + k * PANEL);
            FloatVector high = FloatVector.fromArray(F, b, bo + k * PANEL + LANES);
            FloatVector x = FloatVector.broadcast(F, a[ao + k]);
            l0 = x.fma(low, l0);
            h0 = x.fma(high, h0);
            x = FloatVector.broadcast(F, a[ao + STRIDE + k]);
            l1 = x.fma(low, l1);
            h1 = x.fma(high, h1);
            x = FloatVector.broadcast(F, a[ao + 2 * STRIDE + k]);
            l2 = x.fma(low, l2);
            h2 = x.fma(high, h2);
            x = FloatVector.broadcast(F, a[ao + 3 * STRIDE + k]);
            l3 = x.fma(low, l3);
            h3 = x.fma(high, h3);
            x = FloatVector.broadcast(F, a[ao + 4 * STRIDE + k]);
            l4 = x.fma(low, l4);
            h4 = x.fma(high, h4);
            x = FloatVector.broadcast(F, a[ao + 5 * STRIDE + k]);
            l5 = x.fma(low, l5);
            h5 = x.fma(high, h5);
            x = FloatVector.broadcast(F, a[ao + 6 * STRIDE + k]);
            l6 = x.fma(low, l6);
            h6 = x.fma(high, h6);
            x = FloatVector.broadcast(F, a[ao + 7 * STRIDE + k]);
            l7 = x.fma(low, l7);
            h7 = x.fma(high, h7);
            x = FloatVector.broadcast(F, a[ao + 8 * STRIDE + k]);
            l8 = x.fma(low, l8);
            h8 = x.fma(high, h8);
            x = FloatVector.broadcast(F, a[ao + 9 * STRIDE + k]);
            l9 = x.fma(low, l9);
            h9 = x.fma(high, h9);
            x = FloatVector.broadcast(F, a[ao + 10 * STRIDE + k]);
            l10 = x.fma(low, l10);
            h10 = x.fma(high, h10);
            x = FloatVector.broadcast(F, a[ao + 11 * STRIDE + k]);
            l11 = x.fma(low, l11);
            h11 = x.fma(high, h11);
        }
        l0.intoArray(c, co);
        h0.intoArray(c, co + LANES);
        l1.intoArray(c, co + cs);
        h1.intoArray(c, co + cs + LANES);
        l2.intoArray(c, co + 2 * cs);
        h2.intoArray(c, co + 2 * cs + LANES);
        l3.intoArray(c, co + 3 * cs);
        h3.intoArray(c, co + 3 * cs + LANES);
        l4.intoArray(c, co + 4 * cs);
        h4.intoArray(c, co + 4 * cs + LANES);
        l5.intoArray(c, co + 5 * cs);
        h5.intoArray(c, co + 5 * cs + LANES);
        l6.intoArray(c, co + 6 * cs);
        h6.intoArray(c, co + 6 * cs + LANES);
        l7.intoArray(c, co + 7 * cs);
        h7.intoArray(c, co + 7 * cs + LANES);
        l8.intoArray(c, co + 8 * cs);
        h8.intoArray(c, co + 8 * cs + LANES);
        l9.intoArray(c, co + 9 * cs);
        h9.intoArray(c, co + 9 * cs + LANES);
        l10.intoArray(c, co + 10 * cs);
        h10.intoArray(c, co + 10 * cs + LANES);
        l11.intoArray(c, co + 11 * cs);
        h11.intoArray(c, co + 11 * cs + LANES);
    }

    /** Multiplies 4 rows of a block with one panel. */
    private static void rows4(float[] a, int ao, float[] b, int bo, int depth, float[] c, int co, int cs) {
        FloatVector l0 = FloatVector.zero(F);
        FloatVector h0 = FloatVector.zero(F);
        FloatVector l1 = FloatVector.zero(F);
        FloatVector h1 = FloatVector.zero(F);
        FloatVector l2 = FloatVector.zero(F);
        FloatVector h2 = FloatVector.zero(F);
        FloatVector l3 = FloatVector.zero(F);
        FloatVector h3 = FloatVector.zero(F);
        for (int k = 0; k < depth; k++) {
            FloatVector low = FloatVector.fromArray(F, b, bo + k * PANEL);
            FloatVector high = FloatVector.fromArray(F, b, bo + k * PANEL + LANES);
            FloatVector x = FloatVector.broadcast(F, a[ao + k]);
            l0 = x.fma(low, l0);
            h0 = x.fma(high, h0);
            x = FloatVector.broadcast(F, a[ao + STRIDE + k]);
            l1 = x.fma(low, l1);
            h1 = x.fma(high, h1);
            x = FloatVector.broadcast(F, a[ao + 2 * STRIDE + k]);
            l2 = x.fma(low, l2);
            h2 = x.fma(high, h2);
            x = FloatVector.broadcast(F, a[ao + 3 * STRIDE + k]);
            l3 = x.fma(low, l3);
            h3 = x.fma(high, h3);
        }
        l0.intoArray(c, co);
        h0.intoArray(c, co + LANES);
        l1.intoArray(c, co + cs);
        h1.intoArray(c, co + cs + LANES);
        l2.intoArray(c, co + 2 * cs);
        h2.intoArray(c, co + 2 * cs + LANES);
        l3.intoArray(c, co + 3 * cs);
        h3.intoArray(c, co + 3 * cs + LANES);
    }

    /** Multiplies 12 columns of a block, transposed, with one panel. */
    private static void columns12(float[] a, int ao, float[] b, int bo, int depth, float[] c, int co, int cs) {
        FloatVector l0 = FloatVector.zero(F);
        FloatVector h0 = FloatVector.zero(F);
        FloatVector l1 = FloatVector.zero(F);
        FloatVector h1 = FloatVector.zero(F);
        FloatVector l2 = FloatVector.zero(F);
        FloatVector h2 = FloatVector.zero(F);
        FloatVector l3 = FloatVector.zero(F);
        FloatVector h3 = FloatVector.zero(F);
        FloatVector l4 = FloatVector.zero(F);
        FloatVector h4 = FloatVector.zero(F);
        FloatVector l5 = FloatVector.zero(F);
        FloatVector h5 = FloatVector.zero(F);
        FloatVector l6 = FloatVector.zero(F);
        FloatVector h6 = FloatVector.zero(F);
        FloatVector l7 = FloatVector.zero(F);
        FloatVector h7 = FloatVector.zero(F);
        FloatVector l8 = FloatVector.zero(F);
        FloatVector h8 = FloatVector.zero(F);
        FloatVector l9 = FloatVector.zero(F);
        FloatVector h9 = FloatVector.zero(F);
        FloatVector l10 = FloatVector.zero(F);
        FloatVector h10 = FloatVector.zero(F);
        FloatVector l11 = FloatVector.zero(F);
        FloatVector h11 = FloatVector.zero(F);
        for (int k = 0; k < depth; k++) {
            FloatVector low = FloatVector.fromArray(F, b, bo + k * PANEL);
            FloatVector high = FloatVector.fromArray(F, b, bo + k * PANEL + LANES);
            FloatVector x = FloatVector.broadcast(F, a[ao + k * STRIDE]);
            l0 = x.fma(low, l0);
            h0 = x.fma(high, h0);
            x = FloatVector.broadcast(F, a[ao + k * STRIDE + 1]);
            l1 = x.fma(low, l1);
            h1 = x.fma(high, h1);
            x = FloatVector.broadcast(F, a[ao + k * STRIDE + 2]);
            l2 = x.fma(low, l2);
            h2 = x.fma(high, h2);
            x = FloatVector.broadcast(F, a[ao + k * STRIDE + 3]);
            l3 = x.fma(low, l3);
            h3 = x.fma(high, h3);
            x = FloatVector.broadcast(F, a[ao + k * STRIDE + 4]);
            l4 = x.fma(low, l4);
            h4 = x.fma(high, h4);
            x = FloatVector.broadcast(F, a[ao + k * STRIDE + 5]);
            l5 = x.fma(low, l5);
            h5 = x.fma(high, h5);
            x = FloatVector.broadcast(F, a[ao + k * STRIDE + 6]);
            l6 = x.fma(low, l6);
            h6 = x.fma(high, h6);
            x = FloatVector.broadcast(F, a[ao + k * STRIDE + 7]);
            l7 = x.fma(low, l7);
            h7 = x.fma(high, h7);
            x = FloatVector.broadcast(F, a[ao + k * STRIDE + 8]);
            l8 = x.fma(low, l8);
            h8 = x.fma(high, h8);
            x = FloatVector.broadcast(F, a[ao + k * STRIDE + 9]);
            l9 = x.fma(low, l9);
            h9 = x.fma(high, h9);
            x = FloatVector.broadcast(F, a[ao + k * STRIDE + 10]);
            l10 = x.fma(low, l10);
            h10 = x.fma(high, h10);
            x = FloatVector.broadcast(F, a[ao + k * STRIDE + 11]);
            l11 = x.fma(low, l11);
            h11 = x.fma(high, h11);
        }
        l0.intoArray(c, co);
        h0.intoArray(c, co + LANES);
        l1.intoArray(c, co + cs);
        h1.intoArray(c, co + cs + LANES);
        l2.intoArray(c, co + 2 * cs);
        h2.intoArray(c, co + 2 * cs + LANES);
        l3.intoArray(c, co + 3 * cs);
        h3.intoArray(c, co + 3 * cs + LANES);
        l4.intoArray(c, co + 4 * cs);
        h4.intoArray(c, co + 4 * cs + LANES);
        l5.intoArray(c, co + 5 * cs);
        h5.intoArray(c, co + 5 * cs + LANES);
        l6.intoArray(c, co + 6 * cs);
        h6.intoArray(c, co + 6 * cs + LANES);
        l7.intoArray(c, co + 7 * cs);
        h7.intoArray(c, co + 7 * cs + LANES);
        l8.intoArray(c, co + 8 * cs);
        h8.intoArray(c, co + 8 * cs + LANES);
        l9.intoArray(c, co + 9 * cs);
        h9.intoArray(c, co + 9 * cs + LANES);
        l10.intoArray(c, co + 10 * cs);
        h10.intoArray(c, co + 10 * cs + LANES);
        l11.intoArray(c, co + 11 * cs);
        h11.intoArray(c, co + 11 * cs + LANES);
    }

    /** Multiplies 4 columns of a block, transposed, with one panel. */
    private static void columns4(float[] a, int ao, float[] b, int bo, int depth, float[] c, int co, int cs) {
        FloatVector l0 = FloatVector.zero(F);
        FloatVector h0 = FloatVector.zero(F);
        FloatVector l1 = FloatVector.zero(F);
        FloatVector h1 = FloatVector.zero(F);
        FloatVector l2 = FloatVector.zero(F);
        FloatVector h2 = FloatVector.zero(F);
        FloatVector l3 = FloatVector.zero(F);
        FloatVector h3 = FloatVector.zero(F);
        for (int k = 0; k < depth; k++) {
            FloatVector low = FloatVector.fromArray(F, b, bo + k * PANEL);
            FloatVector high = FloatVector.fromArray(F, b, bo + k * PANEL + LANES);
            FloatVector x = FloatVector.broadcast(F, a[ao + k * STRIDE]);
            l0 = x.fma(low, l0);
            h0 = x.fma(high, h0);
            x = FloatVector.broadcast(F, a[ao + k * STRIDE + 1]);
            l1 = x.fma(low, l1);
            h1 = x.fma(high, h1);
            x = FloatVector.broadcast(F, a[ao + k * STRIDE + 2]);
            l2 = x.fma(low, l2);
            h2 = x.fma(high, h2);
            x = FloatVector.broadcast(F, a[ao + k * STRIDE + 3]);
            l3 = x.fma(low, l3);
            h3 = x.fma(high, h3);
        }
        l0.intoArray(c, co);
        h0.intoArray(c, co + LANES);
        l1.intoArray(c, co + cs);
        h1.intoArray(c, co + cs + LANES);
        l2.intoArray(c, co + 2 * cs);
        h2.intoArray(c, co + 2 * cs + LANES);
        l3.intoArray(c, co + 3 * cs);
        h3.intoArray(c, co + 3 * cs + LANES);
    }
}
