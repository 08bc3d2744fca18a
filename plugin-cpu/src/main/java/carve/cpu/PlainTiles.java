package carve.cpu;

import static carve.cpu.Memory.F;
import static carve.cpu.Memory.LANES;
import static carve.cpu.Tiles.PANEL;
import static carve.cpu.Tiles.STRIDE;

import jdk.incubator.vector.FloatVector;

/** The step of {@link Tiles} for machines whose vectors multiply and add in two instructions: row by row. */
final class PlainTiles {
    private PlainTiles() {}

    /** Multiplies rows of a block with one panel. */
    static void step(
            int rows, float[] a, int ao, boolean transposed, float[] b, int bo, int depth, float[] c, int co, int cs) {
        for (int r = 0; r < rows; r++) {
            int from = transposed ? ao + r : ao + r * STRIDE;
            row(a, from, transposed ? STRIDE : 1, b, bo, depth, c, co + r * cs);
        }
    }

    private static void row(float[] a, int from, int step, float[] b, int bo, int depth, float[] c, int co) {
        FloatVector low = FloatVector.zero(F);
        FloatVector high = low;
        for (int k = 0; k < depth; k++) {
            FloatVector x = FloatVector.broadcast(F, a[from + k * step]);
            low = low.add(x.mul(FloatVector.fromArray(F, b, bo + k * PANEL)));
            high = high.add(x.mul(FloatVector.fromArray(F, b, bo + k * PANEL + LANES)));
        }
        low.intoArray(c, co);
        high.intoArray(c, co + LANES);
    }
}
