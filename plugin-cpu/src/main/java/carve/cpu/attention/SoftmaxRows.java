package carve.cpu.attention;

import static carve.cpu.memory.NativeMemory.F;
import static carve.cpu.memory.NativeMemory.LANES;

import carve.cpu.memory.NativeMemory;
import carve.cpu.simd.VectorMath;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** The loops over a row of scores: its maximum, its exponentials, and the soft cap. Rows have room for a whole vector. */
final class SoftmaxRows {
    private SoftmaxRows() {}

    /** Returns the greatest of some elements, of which there are some. */
    static float max(float[] x, int at, int n) {
        FloatVector max = FloatVector.broadcast(F, Float.NEGATIVE_INFINITY);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            max = max.max(FloatVector.fromArray(F, x, at + i));
        }
        if (i < n) {
            VectorMask<Float> rest = NativeMemory.firstLanes(n - i);
            max = max.lanewise(VectorOperators.MAX, FloatVector.fromArray(F, x, at + i, rest), rest);
        }
        return max.reduceLanes(VectorOperators.MAX);
    }

    /** Replaces the first {@code own} scores by exp(scale x - max) and the rest by 0, and writes the sum, lane by lane. */
    static void exponentials(float[] x, int at, int own, int columns, float scale, float max, float[] sums, int to) {
        FloatVector sum = FloatVector.zero(F);
        int i = 0;
        for (; i < own; i += LANES) { // the array holds a whole vector; one exponential only, see VectorMath
            FloatVector e = VectorMath.exp(
                    FloatVector.fromArray(F, x, at + i).mul(scale).sub(max));
            e = FloatVector.zero(F).blend(e, NativeMemory.firstLanes(own - i));
            e.intoArray(x, at + i);
            sum = sum.add(e);
        }
        for (; i < columns; i += LANES) {
            FloatVector.zero(F).intoArray(x, at + i);
        }
        sum.intoArray(sums, to);
    }

    /** Replaces scores by {@code cap tanh(factor x)}. */
    static void cap(float[] x, int at, int n, float factor, float cap) {
        for (int i = 0; i < n; i += LANES) {
            VectorMath.tanh(FloatVector.fromArray(F, x, at + i).mul(factor))
                    .mul(cap)
                    .intoArray(x, at + i);
        }
    }

    /** Multiplies gradients of capped scores by {@code slope (1 - (score / cap)^2)}, which makes them those of scores. */
    static void uncap(float[] gradients, float[] capped, int at, int n, float slope, float cap) {
        for (int i = 0; i < n; i += LANES) {
            FloatVector t = FloatVector.fromArray(F, capped, i).div(cap);
            FloatVector derivative = t.mul(t).neg().add(1f).mul(slope);
            FloatVector.fromArray(F, gradients, at + i).mul(derivative).intoArray(gradients, at + i);
        }
    }
}
