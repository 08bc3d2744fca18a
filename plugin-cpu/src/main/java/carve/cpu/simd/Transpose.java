package carve.cpu.simd;

import static carve.cpu.memory.NativeMemory.F;
import static carve.cpu.memory.NativeMemory.LANES;

import carve.cpu.memory.NativeMemory;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/**
 * Transposes of matrices in heap arrays, by squares of as many rows as a vector has lanes.
 *
 * <p>A square is transposed by exchanging, for each bit of the lane number, what lies off the diagonal of rows that differ in
 * this bit; two bits at a time, so that four rows are in registers. An element by element transpose costs several times
 * as much, because each of its writes is to another line.
 */
public final class Transpose {
    private static final VectorShuffle<Float> BY_1 = exchanged(1);
    private static final VectorShuffle<Float> BY_2 = exchanged(2);
    private static final VectorShuffle<Float> BY_4 = exchanged(4);
    private static final VectorShuffle<Float> BY_8 = exchanged(8);
    private static final VectorMask<Float> BIT_1 = bit(1);
    private static final VectorMask<Float> BIT_2 = bit(2);
    private static final VectorMask<Float> BIT_4 = bit(4);
    private static final VectorMask<Float> BIT_8 = bit(8);

    private Transpose() {}

    private static VectorShuffle<Float> exchanged(int bit) {
        return VectorShuffle.fromOp(F, i -> (i ^ bit) % LANES);
    }

    private static VectorMask<Float> bit(int bit) {
        boolean[] set = new boolean[LANES];
        for (int i = 0; i < LANES; i++) {
            set[i] = (i & bit) != 0;
        }
        return VectorMask.fromArray(F, set, 0);
    }

    /** Returns the elements of scratch memory that a transpose needs. */
    public static int scratchSize() {
        return LANES * LANES;
    }

    /**
     * Makes rows of panels of the transpose of a row-major matrix; rows are read up to a multiple of {@link
     * NativeMemory#LANES}, and so are their elements.
     *
     * @param at where the matrix begins
     * @param stride elements from row to row
     * @param rows its rows, the columns of the panels
     * @param columns its columns, the rows of the panels
     * @param start where the first of these rows of the first panel is
     * @param depth all rows of a panel
     * @param panelWidth the columns of a panel
     * @param scratch {@link #scratchSize} elements to work in
     */
    public static void toPanels(
            float[] from,
            int at,
            int stride,
            int rows,
            int columns,
            float[] to,
            int start,
            int depth,
            int panelWidth,
            float[] scratch) {
        for (int r = 0; r < rows; r += LANES) {
            int panel = start + r / panelWidth * depth * panelWidth + r % panelWidth;
            for (int c = 0; c < columns; c += LANES) {
                int count = Math.min(LANES, columns - c);
                transposeSquare(
                        from, at + r * stride + c, stride, to, panel + c * panelWidth, panelWidth, count, scratch);
            }
        }
    }

    /** Writes the transpose of a row-major matrix row-major; reads and writes up to whole vectors. */
    public static void toRowMajor(
            float[] from,
            int at,
            int stride,
            int rows,
            int columns,
            float[] to,
            int start,
            int rowStride,
            float[] scratch) {
        for (int r = 0; r < rows; r += LANES) {
            for (int c = 0; c < columns; c += LANES) {
                int count = Math.min(LANES, columns - c);
                transposeSquare(
                        from, at + r * stride + c, stride, to, start + c * rowStride + r, rowStride, count, scratch);
            }
        }
    }

    /** Writes the first {@code count} rows of the transpose of a square. */
    private static void transposeSquare(
            float[] from, int at, int stride, float[] to, int start, int rowStride, int count, float[] scratch) {
        if (LANES != 4 && LANES != 8 && LANES != 16) {
            scalars(from, at, stride, to, start, rowStride, count);
            return;
        }
        for (int i = 0; i < LANES; i += 4) {
            lowBits(from, at + i * stride, stride, scratch, i * LANES);
        }
        for (int i = 0; i < 4; i++) {
            if (LANES == 16) {
                highBits(scratch, i * LANES, to, start + i * rowStride, rowStride, count - i);
            } else if (LANES == 8) {
                highBit(scratch, i * LANES, to, start + i * rowStride, rowStride, count - i);
            } else if (i < count) {
                FloatVector.fromArray(F, scratch, i * LANES).intoArray(to, start + i * rowStride);
            }
        }
    }

    private static void scalars(float[] from, int at, int stride, float[] to, int start, int rowStride, int count) {
        for (int r = 0; r < LANES; r++) {
            for (int c = 0; c < count; c++) {
                to[start + c * rowStride + r] = from[at + r * stride + c];
            }
        }
    }

    /** Exchanges by bits 0 and 1 in four rows that follow each other. */
    private static void lowBits(float[] from, int at, int stride, float[] to, int start) {
        FloatVector a = FloatVector.fromArray(F, from, at);
        FloatVector b = FloatVector.fromArray(F, from, at + stride);
        FloatVector c = FloatVector.fromArray(F, from, at + 2 * stride);
        FloatVector d = FloatVector.fromArray(F, from, at + 3 * stride);
        FloatVector a1 = a.blend(b.rearrange(BY_1), BIT_1);
        FloatVector b1 = a.rearrange(BY_1).blend(b, BIT_1);
        FloatVector c1 = c.blend(d.rearrange(BY_1), BIT_1);
        FloatVector d1 = c.rearrange(BY_1).blend(d, BIT_1);
        a1.blend(c1.rearrange(BY_2), BIT_2).intoArray(to, start);
        b1.blend(d1.rearrange(BY_2), BIT_2).intoArray(to, start + LANES);
        a1.rearrange(BY_2).blend(c1, BIT_2).intoArray(to, start + 2 * LANES);
        b1.rearrange(BY_2).blend(d1, BIT_2).intoArray(to, start + 3 * LANES);
    }

    /** Exchanges by bits 2 and 3 in four rows that are four apart. */
    private static void highBits(float[] from, int at, float[] to, int start, int rowStride, int count) {
        FloatVector a = FloatVector.fromArray(F, from, at);
        FloatVector b = FloatVector.fromArray(F, from, at + 4 * LANES);
        FloatVector c = FloatVector.fromArray(F, from, at + 8 * LANES);
        FloatVector d = FloatVector.fromArray(F, from, at + 12 * LANES);
        FloatVector a1 = a.blend(b.rearrange(BY_4), BIT_4);
        FloatVector b1 = a.rearrange(BY_4).blend(b, BIT_4);
        FloatVector c1 = c.blend(d.rearrange(BY_4), BIT_4);
        FloatVector d1 = c.rearrange(BY_4).blend(d, BIT_4);
        if (count > 0) {
            a1.blend(c1.rearrange(BY_8), BIT_8).intoArray(to, start);
        }
        if (count > 4) {
            b1.blend(d1.rearrange(BY_8), BIT_8).intoArray(to, start + 4 * rowStride);
        }
        if (count > 8) {
            a1.rearrange(BY_8).blend(c1, BIT_8).intoArray(to, start + 8 * rowStride);
        }
        if (count > 12) {
            b1.rearrange(BY_8).blend(d1, BIT_8).intoArray(to, start + 12 * rowStride);
        }
    }

    /** Exchanges by bit 2 in two rows that are four apart. */
    private static void highBit(float[] from, int at, float[] to, int start, int rowStride, int count) {
        FloatVector a = FloatVector.fromArray(F, from, at);
        FloatVector b = FloatVector.fromArray(F, from, at + 4 * LANES);
        if (count > 0) {
            a.blend(b.rearrange(BY_4), BIT_4).intoArray(to, start);
        }
        if (count > 4) {
            a.rearrange(BY_4).blend(b, BIT_4).intoArray(to, start + 4 * rowStride);
        }
    }
}
