package carve.cpu.gemm;

import static carve.cpu.gemm.MicroKernel.LEFT_STRIDE;
import static carve.cpu.gemm.MicroKernel.NR;
import static carve.cpu.memory.NativeMemory.F;
import static carve.cpu.memory.NativeMemory.LANES;

import jdk.incubator.vector.FloatVector;

/** The step of {@link MicroKernel} for machines whose vectors multiply and add in two instructions: row by row. */
final class NoFmaMicroKernel {
    private NoFmaMicroKernel() {}

    /** Multiplies rows of a block with one panel. */
    static void run(
            int rows, float[] a, int ao, boolean transposed, float[] b, int bo, int depth, float[] c, int co, int cs) {
        for (int r = 0; r < rows; r++) {
            int from = transposed ? ao + r : ao + r * LEFT_STRIDE;
            row(a, from, transposed ? LEFT_STRIDE : 1, b, bo, depth, c, co + r * cs);
        }
    }

    private static void row(float[] a, int from, int step, float[] b, int bo, int depth, float[] c, int co) {
        FloatVector low = FloatVector.zero(F);
        FloatVector high = low;
        for (int k = 0; k < depth; k++) {
            FloatVector x = FloatVector.broadcast(F, a[from + k * step]);
            low = low.add(x.mul(FloatVector.fromArray(F, b, bo + k * NR)));
            high = high.add(x.mul(FloatVector.fromArray(F, b, bo + k * NR + LANES)));
        }
        low.intoArray(c, co);
        high.intoArray(c, co + LANES);
    }
}
