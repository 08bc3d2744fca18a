package carve.api.tensor;

import java.util.Arrays;

/**
 * The search for a scale of 16 elements that makes the squared error, weighted by squares, small (ggml-quants.c, {@code
 * make_qx_quants} with {@code nmax = 32} and {@code rmse_type = 1}). Sums are in F32 and in the order of llama.cpp, so that
 * blocks have the same bits.
 */
final class ScaleSearch {
    private static final int SIZE = 16;
    private static final int MAX = 32;
    /** The magnitude below which elements count as zeros. */
    static final float LEAST = 1e-15f;

    private float sumXl;
    private float sumL2;

    /** Searches for 16 elements, writes their integers, 0 to 63, to an array, and returns the scale. */
    float run(float[] x, int offset, int[] integers, int to) {
        float extreme = 0;
        for (int i = 0; i < SIZE; i++) {
            extreme = Math.abs(x[offset + i]) > Math.abs(extreme) ? x[offset + i] : extreme;
        }
        if (Math.abs(extreme) < LEAST) {
            Arrays.fill(integers, to, to + SIZE, 0);
            return 0;
        }
        float inverse = -MAX / extreme;
        sum(x, offset, inverse);
        round(x, offset, inverse, integers, to);
        float scale = sumL2 == 0 ? 0 : sumXl / sumL2;
        float best = scale * sumXl;
        for (int step = -9; step <= 9; step++) {
            inverse = -(MAX + 0.1f * step) / extreme;
            sum(x, offset, inverse);
            if (step != 0 && sumL2 > 0 && sumXl * sumXl > best * sumL2) {
                round(x, offset, inverse, integers, to);
                scale = sumXl / sumL2;
                best = scale * sumXl;
            }
        }
        return scale;
    }

    private void sum(float[] x, int offset, float inverse) {
        sumXl = 0;
        sumL2 = 0;
        for (int i = 0; i < SIZE; i++) {
            float value = x[offset + i];
            int l = integer(value, inverse);
            float w = value * value;
            sumXl += w * value * l;
            sumL2 += w * l * l;
        }
    }

    private static void round(float[] x, int offset, float inverse, int[] integers, int to) {
        for (int i = 0; i < SIZE; i++) {
            integers[to + i] = MAX + integer(x[offset + i], inverse);
        }
    }

    private static int integer(float value, float inverse) {
        return Math.clamp(NearestInteger.of(inverse * value), -MAX, MAX - 1);
    }
}
