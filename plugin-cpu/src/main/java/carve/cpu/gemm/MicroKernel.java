package carve.cpu.gemm;

import static carve.cpu.memory.NativeMemory.F;
import static carve.cpu.memory.NativeMemory.LANES;

import carve.cpu.memory.NativeMemory;
import carve.cpu.simd.CpuFeatures;
import jdk.incubator.vector.FloatVector;

/**
 * Matrix products of small blocks held in heap arrays: the inner loops of {@link Gemm}, of attention and of scans.
 *
 * <p>A <em>block</em> is the left operand, up to {@link #KC} elements wide, row-major with the constant row stride
 * {@link #LEFT_STRIDE} so that the twelve rows of a step are constant offsets from one address. It may be used as it is
 * (rows by depth) or transposed (depth by rows). <em>Panels</em> are the right operand cut into strips of
 * {@link #NR} columns, each strip depth-major: element {@code (k, n)} is at
 * {@code (n / PANEL) * depth * PANEL + k * PANEL + n % PANEL}; columns beyond the end are 0.
 *
 * <p>Both operands and the result are arrays, because a loop that held all three in native memory would not get
 * through the first compiler and run 100 times slower.
 */
public final class MicroKernel {
    /** The largest width of a block. */
    public static final int KC = 256;
    /** The row stride of a block: no power of two, or twelve rows would compete for the same lines of the cache. */
    public static final int LEFT_STRIDE = KC + 16;
    /** The number of columns of a panel. */
    public static final int NR = 2 * LANES;
    /** The number of rows that the fastest step works on. */
    public static final int MR = 12;

    private MicroKernel() {}

    /** Returns a count rounded up to whole panels. */
    public static int panels(int columns) {
        return (columns + NR - 1) / NR;
    }

    /** Returns the length of an array for panels of {@code depth} by {@code columns}. */
    public static int packedRightSize(int depth, int columns) {
        return panels(columns) * NR * depth;
    }

    /** Returns the length of an array for a block of this many rows; rows are read in steps of twelve. */
    public static int packedLeftSize(int rows) {
        return (rows + MR) * LEFT_STRIDE;
    }

    /** Copies {@code rows x columns} F32 with this row stride into a block. */
    public static void packLeft(long from, long rowStride, int rows, int columns, float[] to) {
        int whole = F.loopBound(columns);
        var rest = NativeMemory.firstLanes(columns - whole);
        for (int r = 0; r < rows; r++) {
            long row = from + 4L * r * rowStride;
            int at = r * LEFT_STRIDE;
            for (int c = 0; c < whole; c += LANES) {
                NativeMemory.load(row + 4L * c).intoArray(to, at + c);
            }
            if (whole < columns) {
                NativeMemory.load(row + 4L * whole, rest).intoArray(to, at + whole); // there is room for a whole vector
            }
        }
    }

    /** Makes panels of a row-major {@code depth x columns} matrix with this row stride. */
    public static void panels(long from, long rowStride, int depth, int columns, float[] to) {
        panels(from, rowStride, depth, columns, to, 0);
    }

    /** Makes panels from an index of the array on. */
    public static void panels(long from, long rowStride, int depth, int columns, float[] to, int start) {
        for (int n = 0, at = start; n < columns; n += NR) {
            int width = Math.min(NR, columns - n);
            for (int k = 0; k < depth; k++, at += NR) {
                long row = from + 4L * (k * rowStride + n);
                if (width == NR) {
                    NativeMemory.load(row).intoArray(to, at);
                    NativeMemory.load(row + 4L * LANES).intoArray(to, at + LANES);
                } else {
                    NativeMemory.load(row, NativeMemory.firstLanes(width)).intoArray(to, at);
                    NativeMemory.load(row + 4L * LANES, NativeMemory.firstLanes(width - LANES))
                            .intoArray(to, at + LANES);
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
    public static void multiply(
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
        multiply(a, ao, transposed, b, rows, depth, 0, columns, c, co, cs);
    }

    /** As the other, for columns from a multiple of {@link #NR} on. */
    public static void multiply(
            float[] a,
            int ao,
            boolean transposed,
            float[] b,
            int rows,
            int depth,
            int from,
            int columns,
            float[] c,
            int co,
            int cs) {
        int step = transposed ? 1 : LEFT_STRIDE;
        for (int r = 0; r < rows; ) {
            int taken = rows - r > 8 ? MR : 4;
            for (int n = from, panel = from * depth; n < columns; n += NR, panel += depth * NR) {
                run(taken, a, ao + r * step, transposed, b, panel, depth, c, co + r * cs + n, cs);
            }
            r += taken;
        }
    }

    /** Multiplies 12 or 4 rows of a block with one panel, and writes the tile. */
    public static void run(
            int rows, float[] a, int ao, boolean transposed, float[] b, int bo, int depth, float[] c, int co, int cs) {
        if (!CpuFeatures.HAS_FMA) {
            NoFmaMicroKernel.run(rows, a, ao, transposed, b, bo, depth, c, co, cs);
        } else if (rows == MR) {
            if (transposed) {
                ColumnMajorMicroKernel.rows12(a, ao, b, bo, depth, c, co, cs);
            } else {
                RowMajorMicroKernel.rows12(a, ao, b, bo, depth, c, co, cs);
            }
        } else if (transposed) {
            ColumnMajorMicroKernel.rows4(a, ao, b, bo, depth, c, co, cs);
        } else {
            RowMajorMicroKernel.rows4(a, ao, b, bo, depth, c, co, cs);
        }
    }

    /**
     * Writes block x panels to native memory, row distance {@code rowStride}, or adds it to what is there.
     *
     * @param tile an array of at least {@code ROWS * PANEL} elements
     */
    public static void multiply(
            float[] a,
            int ao,
            boolean transposed,
            float[] b,
            int bo,
            int rows,
            int depth,
            int columns,
            long c,
            long rowStride,
            boolean add,
            float[] tile) {
        int step = transposed ? 1 : LEFT_STRIDE;
        for (int r = 0; r < rows; ) {
            int taken = rows - r > 8 ? MR : 4;
            for (int n = 0, panel = bo; n < columns; n += NR, panel += depth * NR) {
                run(taken, a, ao + r * step, transposed, b, panel, depth, tile, 0, NR);
                storeTile(
                        tile,
                        NR,
                        Math.min(taken, rows - r),
                        Math.min(NR, columns - n),
                        c + 4 * (r * rowStride + n),
                        rowStride,
                        add);
            }
            r += taken;
        }
    }

    /** Writes an array of {@code rows x columns}, row distance {@code stride}, to native memory or adds it there. */
    public static void storeTile(
            float[] tile, int stride, int rows, int columns, long to, long rowStride, boolean add) {
        int whole = F.loopBound(columns);
        var rest = NativeMemory.firstLanes(columns - whole);
        for (int r = 0; r < rows; r++) {
            long row = to + 4L * r * rowStride;
            int n = 0;
            for (; n < whole; n += LANES) {
                FloatVector value = FloatVector.fromArray(F, tile, r * stride + n);
                long at = row + 4L * n;
                NativeMemory.store(at, add ? value.add(NativeMemory.load(at)) : value);
            }
            if (n < columns) {
                FloatVector value = FloatVector.fromArray(F, tile, r * stride + n, rest);
                long at = row + 4L * n;
                NativeMemory.store(at, add ? value.add(NativeMemory.load(at, rest)) : value, rest);
            }
        }
    }
}
