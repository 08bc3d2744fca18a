package carve.cpu.gemm;

import static carve.cpu.gemm.MicroKernel.LEFT_STRIDE;
import static carve.cpu.gemm.MicroKernel.NR;
import static carve.cpu.memory.NativeMemory.F;
import static carve.cpu.memory.NativeMemory.LANES;

import jdk.incubator.vector.FloatVector;

/** The inner loops of {@link MicroKernel} for blocks stored (depth, rows); the same tiles in registers as {@link RowMajorMicroKernel} has. */
final class ColumnMajorMicroKernel {
    private ColumnMajorMicroKernel() {}

    /** Multiplies 12 columns of a block, transposed, with one panel. */
    static void rows12(float[] a, int ao, float[] b, int bo, int depth, float[] c, int co, int cs) {
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
            FloatVector low = FloatVector.fromArray(F, b, bo + k * NR);
            FloatVector high = FloatVector.fromArray(F, b, bo + k * NR + LANES);
            FloatVector x = FloatVector.broadcast(F, a[ao + k * LEFT_STRIDE]);
            l0 = x.fma(low, l0);
            h0 = x.fma(high, h0);
            x = FloatVector.broadcast(F, a[ao + k * LEFT_STRIDE + 1]);
            l1 = x.fma(low, l1);
            h1 = x.fma(high, h1);
            x = FloatVector.broadcast(F, a[ao + k * LEFT_STRIDE + 2]);
            l2 = x.fma(low, l2);
            h2 = x.fma(high, h2);
            x = FloatVector.broadcast(F, a[ao + k * LEFT_STRIDE + 3]);
            l3 = x.fma(low, l3);
            h3 = x.fma(high, h3);
            x = FloatVector.broadcast(F, a[ao + k * LEFT_STRIDE + 4]);
            l4 = x.fma(low, l4);
            h4 = x.fma(high, h4);
            x = FloatVector.broadcast(F, a[ao + k * LEFT_STRIDE + 5]);
            l5 = x.fma(low, l5);
            h5 = x.fma(high, h5);
            x = FloatVector.broadcast(F, a[ao + k * LEFT_STRIDE + 6]);
            l6 = x.fma(low, l6);
            h6 = x.fma(high, h6);
            x = FloatVector.broadcast(F, a[ao + k * LEFT_STRIDE + 7]);
            l7 = x.fma(low, l7);
            h7 = x.fma(high, h7);
            x = FloatVector.broadcast(F, a[ao + k * LEFT_STRIDE + 8]);
            l8 = x.fma(low, l8);
            h8 = x.fma(high, h8);
            x = FloatVector.broadcast(F, a[ao + k * LEFT_STRIDE + 9]);
            l9 = x.fma(low, l9);
            h9 = x.fma(high, h9);
            x = FloatVector.broadcast(F, a[ao + k * LEFT_STRIDE + 10]);
            l10 = x.fma(low, l10);
            h10 = x.fma(high, h10);
            x = FloatVector.broadcast(F, a[ao + k * LEFT_STRIDE + 11]);
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
    static void rows4(float[] a, int ao, float[] b, int bo, int depth, float[] c, int co, int cs) {
        FloatVector l0 = FloatVector.zero(F);
        FloatVector h0 = FloatVector.zero(F);
        FloatVector l1 = FloatVector.zero(F);
        FloatVector h1 = FloatVector.zero(F);
        FloatVector l2 = FloatVector.zero(F);
        FloatVector h2 = FloatVector.zero(F);
        FloatVector l3 = FloatVector.zero(F);
        FloatVector h3 = FloatVector.zero(F);
        for (int k = 0; k < depth; k++) {
            FloatVector low = FloatVector.fromArray(F, b, bo + k * NR);
            FloatVector high = FloatVector.fromArray(F, b, bo + k * NR + LANES);
            FloatVector x = FloatVector.broadcast(F, a[ao + k * LEFT_STRIDE]);
            l0 = x.fma(low, l0);
            h0 = x.fma(high, h0);
            x = FloatVector.broadcast(F, a[ao + k * LEFT_STRIDE + 1]);
            l1 = x.fma(low, l1);
            h1 = x.fma(high, h1);
            x = FloatVector.broadcast(F, a[ao + k * LEFT_STRIDE + 2]);
            l2 = x.fma(low, l2);
            h2 = x.fma(high, h2);
            x = FloatVector.broadcast(F, a[ao + k * LEFT_STRIDE + 3]);
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
