package carve.cpu.gemm;

import static carve.cpu.memory.NativeMemory.F;
import static carve.cpu.memory.NativeMemory.LANES;

import carve.cpu.memory.NativeMemory;
import jdk.incubator.vector.FloatVector;

/**
 * Inner products of rows with rows, six by four at a time: the inner loop of {@link DotGemm}.
 *
 * <p>Both operands are held in arrays in the order in which they are stored, row after row with the constant stride {@link
 * #ROW_STRIDE}, at most {@link #KC} elements of a row at a time, with zeros up to a whole vector. Each product has one vector
 * of sums, to which a step adds the products of {@link NativeMemory#LANES} neighbours; so its bits do not depend on what is
 * multiplied beside it, nor on how the depth is cut. The sums of up to 24 products are stored one vector after the other, row by row.
 */
final class DotKernel {
    /** The most elements of a row that are multiplied at a time. */
    static final int KC = 512;
    /** The elements from row to row: no power of two, or rows would compete for the same lines of the cache. */
    static final int ROW_STRIDE = KC + 16;
    /** The most rows of the left operand in a step. */
    static final int MR = 6;
    /** The rows of the right operand in a step. */
    static final int NR = 4;

    private DotKernel() {}

    /** Returns how many rows the next step takes of those that are left. */
    static int nextRows(int left) {
        return left >= MR ? MR : left >= 4 ? 4 : left >= 2 ? 2 : 1;
    }

    /** Returns a depth rounded up to whole vectors. */
    static int roundUpToLanes(int depth) {
        return (depth + LANES - 1) / LANES * LANES;
    }

    /**
     * Adds the products of rows, as many as {@link #nextRows} says, with four rows to their sums.
     *
     * @param depth a multiple of the lanes
     * @param first whether there are no sums yet
     */
    static void run(int rows, float[] x, int xo, float[] w, int wo, int depth, boolean first, float[] sums, int so) {
        switch (rows) {
            case MR -> rows6(x, xo, w, wo, depth, first, sums, so);
            case 4 -> rows4(x, xo, w, wo, depth, first, sums, so);
            case 2 -> rows2(x, xo, w, wo, depth, first, sums, so);
            default -> rows1(x, xo, w, wo, depth, first, sums, so);
        }
    }

    private static FloatVector start(boolean first, float[] sums, int at) {
        return first ? FloatVector.zero(F) : FloatVector.fromArray(F, sums, at);
    }

    /** Adds the products of 6 rows with a panel to their sums. */
    private static void rows6(float[] x, int xo, float[] w, int wo, int depth, boolean first, float[] s, int so) {
        FloatVector s00 = start(first, s, so);
        FloatVector s01 = start(first, s, so + LANES);
        FloatVector s02 = start(first, s, so + 2 * LANES);
        FloatVector s03 = start(first, s, so + 3 * LANES);
        FloatVector s10 = start(first, s, so + 4 * LANES);
        FloatVector s11 = start(first, s, so + 5 * LANES);
        FloatVector s12 = start(first, s, so + 6 * LANES);
        FloatVector s13 = start(first, s, so + 7 * LANES);
        FloatVector s20 = start(first, s, so + 8 * LANES);
        FloatVector s21 = start(first, s, so + 9 * LANES);
        FloatVector s22 = start(first, s, so + 10 * LANES);
        FloatVector s23 = start(first, s, so + 11 * LANES);
        FloatVector s30 = start(first, s, so + 12 * LANES);
        FloatVector s31 = start(first, s, so + 13 * LANES);
        FloatVector s32 = start(first, s, so + 14 * LANES);
        FloatVector s33 = start(first, s, so + 15 * LANES);
        FloatVector s40 = start(first, s, so + 16 * LANES);
        FloatVector s41 = start(first, s, so + 17 * LANES);
        FloatVector s42 = start(first, s, so + 18 * LANES);
        FloatVector s43 = start(first, s, so + 19 * LANES);
        FloatVector s50 = start(first, s, so + 20 * LANES);
        FloatVector s51 = start(first, s, so + 21 * LANES);
        FloatVector s52 = start(first, s, so + 22 * LANES);
        FloatVector s53 = start(first, s, so + 23 * LANES);
        for (int k = 0; k < depth; k += LANES) {
            FloatVector w0 = FloatVector.fromArray(F, w, wo + k);
            FloatVector w1 = FloatVector.fromArray(F, w, wo + ROW_STRIDE + k);
            FloatVector w2 = FloatVector.fromArray(F, w, wo + 2 * ROW_STRIDE + k);
            FloatVector w3 = FloatVector.fromArray(F, w, wo + 3 * ROW_STRIDE + k);
            FloatVector v = FloatVector.fromArray(F, x, xo + k);
            s00 = w0.fma(v, s00);
            s01 = w1.fma(v, s01);
            s02 = w2.fma(v, s02);
            s03 = w3.fma(v, s03);
            v = FloatVector.fromArray(F, x, xo + ROW_STRIDE + k);
            s10 = w0.fma(v, s10);
            s11 = w1.fma(v, s11);
            s12 = w2.fma(v, s12);
            s13 = w3.fma(v, s13);
            v = FloatVector.fromArray(F, x, xo + 2 * ROW_STRIDE + k);
            s20 = w0.fma(v, s20);
            s21 = w1.fma(v, s21);
            s22 = w2.fma(v, s22);
            s23 = w3.fma(v, s23);
            v = FloatVector.fromArray(F, x, xo + 3 * ROW_STRIDE + k);
            s30 = w0.fma(v, s30);
            s31 = w1.fma(v, s31);
            s32 = w2.fma(v, s32);
            s33 = w3.fma(v, s33);
            v = FloatVector.fromArray(F, x, xo + 4 * ROW_STRIDE + k);
            s40 = w0.fma(v, s40);
            s41 = w1.fma(v, s41);
            s42 = w2.fma(v, s42);
            s43 = w3.fma(v, s43);
            v = FloatVector.fromArray(F, x, xo + 5 * ROW_STRIDE + k);
            s50 = w0.fma(v, s50);
            s51 = w1.fma(v, s51);
            s52 = w2.fma(v, s52);
            s53 = w3.fma(v, s53);
        }
        s00.intoArray(s, so);
        s01.intoArray(s, so + LANES);
        s02.intoArray(s, so + 2 * LANES);
        s03.intoArray(s, so + 3 * LANES);
        s10.intoArray(s, so + 4 * LANES);
        s11.intoArray(s, so + 5 * LANES);
        s12.intoArray(s, so + 6 * LANES);
        s13.intoArray(s, so + 7 * LANES);
        s20.intoArray(s, so + 8 * LANES);
        s21.intoArray(s, so + 9 * LANES);
        s22.intoArray(s, so + 10 * LANES);
        s23.intoArray(s, so + 11 * LANES);
        s30.intoArray(s, so + 12 * LANES);
        s31.intoArray(s, so + 13 * LANES);
        s32.intoArray(s, so + 14 * LANES);
        s33.intoArray(s, so + 15 * LANES);
        s40.intoArray(s, so + 16 * LANES);
        s41.intoArray(s, so + 17 * LANES);
        s42.intoArray(s, so + 18 * LANES);
        s43.intoArray(s, so + 19 * LANES);
        s50.intoArray(s, so + 20 * LANES);
        s51.intoArray(s, so + 21 * LANES);
        s52.intoArray(s, so + 22 * LANES);
        s53.intoArray(s, so + 23 * LANES);
    }

    /** Adds the products of 4 rows with a panel to their sums. */
    private static void rows4(float[] x, int xo, float[] w, int wo, int depth, boolean first, float[] s, int so) {
        FloatVector s00 = start(first, s, so);
        FloatVector s01 = start(first, s, so + LANES);
        FloatVector s02 = start(first, s, so + 2 * LANES);
        FloatVector s03 = start(first, s, so + 3 * LANES);
        FloatVector s10 = start(first, s, so + 4 * LANES);
        FloatVector s11 = start(first, s, so + 5 * LANES);
        FloatVector s12 = start(first, s, so + 6 * LANES);
        FloatVector s13 = start(first, s, so + 7 * LANES);
        FloatVector s20 = start(first, s, so + 8 * LANES);
        FloatVector s21 = start(first, s, so + 9 * LANES);
        FloatVector s22 = start(first, s, so + 10 * LANES);
        FloatVector s23 = start(first, s, so + 11 * LANES);
        FloatVector s30 = start(first, s, so + 12 * LANES);
        FloatVector s31 = start(first, s, so + 13 * LANES);
        FloatVector s32 = start(first, s, so + 14 * LANES);
        FloatVector s33 = start(first, s, so + 15 * LANES);
        for (int k = 0; k < depth; k += LANES) {
            FloatVector w0 = FloatVector.fromArray(F, w, wo + k);
            FloatVector w1 = FloatVector.fromArray(F, w, wo + ROW_STRIDE + k);
            FloatVector w2 = FloatVector.fromArray(F, w, wo + 2 * ROW_STRIDE + k);
            FloatVector w3 = FloatVector.fromArray(F, w, wo + 3 * ROW_STRIDE + k);
            FloatVector v = FloatVector.fromArray(F, x, xo + k);
            s00 = w0.fma(v, s00);
            s01 = w1.fma(v, s01);
            s02 = w2.fma(v, s02);
            s03 = w3.fma(v, s03);
            v = FloatVector.fromArray(F, x, xo + ROW_STRIDE + k);
            s10 = w0.fma(v, s10);
            s11 = w1.fma(v, s11);
            s12 = w2.fma(v, s12);
            s13 = w3.fma(v, s13);
            v = FloatVector.fromArray(F, x, xo + 2 * ROW_STRIDE + k);
            s20 = w0.fma(v, s20);
            s21 = w1.fma(v, s21);
            s22 = w2.fma(v, s22);
            s23 = w3.fma(v, s23);
            v = FloatVector.fromArray(F, x, xo + 3 * ROW_STRIDE + k);
            s30 = w0.fma(v, s30);
            s31 = w1.fma(v, s31);
            s32 = w2.fma(v, s32);
            s33 = w3.fma(v, s33);
        }
        s00.intoArray(s, so);
        s01.intoArray(s, so + LANES);
        s02.intoArray(s, so + 2 * LANES);
        s03.intoArray(s, so + 3 * LANES);
        s10.intoArray(s, so + 4 * LANES);
        s11.intoArray(s, so + 5 * LANES);
        s12.intoArray(s, so + 6 * LANES);
        s13.intoArray(s, so + 7 * LANES);
        s20.intoArray(s, so + 8 * LANES);
        s21.intoArray(s, so + 9 * LANES);
        s22.intoArray(s, so + 10 * LANES);
        s23.intoArray(s, so + 11 * LANES);
        s30.intoArray(s, so + 12 * LANES);
        s31.intoArray(s, so + 13 * LANES);
        s32.intoArray(s, so + 14 * LANES);
        s33.intoArray(s, so + 15 * LANES);
    }

    /** Adds the products of 2 rows with a panel to their sums. */
    private static void rows2(float[] x, int xo, float[] w, int wo, int depth, boolean first, float[] s, int so) {
        FloatVector s00 = start(first, s, so);
        FloatVector s01 = start(first, s, so + LANES);
        FloatVector s02 = start(first, s, so + 2 * LANES);
        FloatVector s03 = start(first, s, so + 3 * LANES);
        FloatVector s10 = start(first, s, so + 4 * LANES);
        FloatVector s11 = start(first, s, so + 5 * LANES);
        FloatVector s12 = start(first, s, so + 6 * LANES);
        FloatVector s13 = start(first, s, so + 7 * LANES);
        for (int k = 0; k < depth; k += LANES) {
            FloatVector w0 = FloatVector.fromArray(F, w, wo + k);
            FloatVector w1 = FloatVector.fromArray(F, w, wo + ROW_STRIDE + k);
            FloatVector w2 = FloatVector.fromArray(F, w, wo + 2 * ROW_STRIDE + k);
            FloatVector w3 = FloatVector.fromArray(F, w, wo + 3 * ROW_STRIDE + k);
            FloatVector v = FloatVector.fromArray(F, x, xo + k);
            s00 = w0.fma(v, s00);
            s01 = w1.fma(v, s01);
            s02 = w2.fma(v, s02);
            s03 = w3.fma(v, s03);
            v = FloatVector.fromArray(F, x, xo + ROW_STRIDE + k);
            s10 = w0.fma(v, s10);
            s11 = w1.fma(v, s11);
            s12 = w2.fma(v, s12);
            s13 = w3.fma(v, s13);
        }
        s00.intoArray(s, so);
        s01.intoArray(s, so + LANES);
        s02.intoArray(s, so + 2 * LANES);
        s03.intoArray(s, so + 3 * LANES);
        s10.intoArray(s, so + 4 * LANES);
        s11.intoArray(s, so + 5 * LANES);
        s12.intoArray(s, so + 6 * LANES);
        s13.intoArray(s, so + 7 * LANES);
    }

    /** Adds the products of 1 row with a panel to their sums. */
    private static void rows1(float[] x, int xo, float[] w, int wo, int depth, boolean first, float[] s, int so) {
        FloatVector s00 = start(first, s, so);
        FloatVector s01 = start(first, s, so + LANES);
        FloatVector s02 = start(first, s, so + 2 * LANES);
        FloatVector s03 = start(first, s, so + 3 * LANES);
        for (int k = 0; k < depth; k += LANES) {
            FloatVector w0 = FloatVector.fromArray(F, w, wo + k);
            FloatVector w1 = FloatVector.fromArray(F, w, wo + ROW_STRIDE + k);
            FloatVector w2 = FloatVector.fromArray(F, w, wo + 2 * ROW_STRIDE + k);
            FloatVector w3 = FloatVector.fromArray(F, w, wo + 3 * ROW_STRIDE + k);
            FloatVector v = FloatVector.fromArray(F, x, xo + k);
            s00 = w0.fma(v, s00);
            s01 = w1.fma(v, s01);
            s02 = w2.fma(v, s02);
            s03 = w3.fma(v, s03);
        }
        s00.intoArray(s, so);
        s01.intoArray(s, so + LANES);
        s02.intoArray(s, so + 2 * LANES);
        s03.intoArray(s, so + 3 * LANES);
    }
}
