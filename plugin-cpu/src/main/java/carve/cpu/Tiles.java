package carve.cpu;

import static carve.cpu.Memory.F;
import static carve.cpu.Memory.LANES;

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
        if (!Processor.FUSES) {
            PlainTiles.step(rows, a, ao, transposed, b, bo, depth, c, co, cs);
        } else if (rows == ROWS) {
            if (transposed) {
                TileColumns.twelve(a, ao, b, bo, depth, c, co, cs);
            } else {
                TileRows.twelve(a, ao, b, bo, depth, c, co, cs);
            }
        } else if (transposed) {
            TileColumns.four(a, ao, b, bo, depth, c, co, cs);
        } else {
            TileRows.four(a, ao, b, bo, depth, c, co, cs);
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
}
