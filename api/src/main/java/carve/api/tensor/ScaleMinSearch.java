package carve.api.tensor;

import java.util.Arrays;

/**
 * The search for a scale and a minimum of 32 elements that make the weighted squared error small (ggml-quants.c, {@code
 * make_qkx2_quants}). The weight of an element is its magnitude plus the root mean square of all. Several scales are tried;
 * for the integers of each, the best scale and minimum follow from a linear regression. Sums are in F32 and in the order of
 * llama.cpp, so that blocks have the same bits.
 */
final class ScaleMinSearch {
    private static final int SIZE = 32;

    private final int max;
    private final float first;
    private final int steps;
    private final float[] weights = new float[SIZE];
    private final int[] trial = new int[SIZE];
    private float scale;
    private float min;
    private float error;

    private ScaleMinSearch(int max, float first, int steps) {
        this.max = max;
        this.first = first;
        this.steps = steps;
    }

    /** Returns a search for integers of 4 or 5 bits. */
    static ScaleMinSearch of(int bits) {
        return bits == 4 ? new ScaleMinSearch(15, -1, 20) : new ScaleMinSearch(31, -0.5f, 15);
    }

    /** Returns the scale that was found. */
    float scale() {
        return scale;
    }

    /** Returns the minimum that was found, its sign inverted. */
    float min() {
        return -min;
    }

    /** Searches for 32 elements, and writes their integers to an array. */
    void run(float[] x, int offset, int[] integers, int to) {
        weigh(x, offset);
        min = Math.min(0, extreme(x, offset, -1));
        float most = extreme(x, offset, 1);
        if (most == min) {
            scale = 0;
            Arrays.fill(integers, to, to + SIZE, 0);
            return;
        }
        float inverse = max / (most - min);
        scale = 1 / inverse;
        round(x, offset, inverse);
        error = error(x, offset, scale, min);
        System.arraycopy(trial, 0, integers, to, SIZE);
        for (int step = 0; step <= steps; step++) {
            round(x, offset, (first + 0.1f * step + max) / (most - min));
            improve(x, offset, integers, to);
        }
    }

    private void weigh(float[] x, int offset) {
        float squares = 0;
        for (int i = 0; i < SIZE; i++) {
            squares += x[offset + i] * x[offset + i];
        }
        float rms = (float) Math.sqrt(squares / SIZE);
        for (int i = 0; i < SIZE; i++) {
            weights[i] = rms + Math.abs(x[offset + i]);
        }
    }

    private static float extreme(float[] x, int offset, int sign) {
        float extreme = x[offset];
        for (int i = 1; i < SIZE; i++) {
            extreme = sign * x[offset + i] > sign * extreme ? x[offset + i] : extreme;
        }
        return extreme;
    }

    private void round(float[] x, int offset, float inverse) {
        for (int i = 0; i < SIZE; i++) {
            trial[i] = Math.clamp(NearestInteger.of(inverse * (x[offset + i] - min)), 0, max);
        }
    }

    /** Finds the best scale and minimum for the integers of a trial, and keeps them if they are better than those before. */
    private void improve(float[] x, int offset, int[] integers, int to) {
        float sumW = 0;
        float sumX = 0;
        float sumL = 0;
        float sumL2 = 0;
        float sumXl = 0;
        for (int i = 0; i < SIZE; i++) {
            float w = weights[i];
            float wl = w * trial[i];
            sumW += w;
            sumX += w * x[offset + i];
            sumL += wl;
            sumL2 += wl * trial[i];
            sumXl += wl * x[offset + i];
        }
        float determinant = sumW * sumL2 - sumL * sumL;
        if (!(determinant > 0)) {
            return;
        }
        float trialScale = (sumW * sumXl - sumX * sumL) / determinant;
        float trialMin = (sumL2 * sumX - sumL * sumXl) / determinant;
        if (trialMin > 0) {
            trialMin = 0;
            trialScale = sumXl / sumL2;
        }
        float trialError = error(x, offset, trialScale, trialMin);
        if (trialError < error) {
            System.arraycopy(trial, 0, integers, to, SIZE);
            error = trialError;
            scale = trialScale;
            min = trialMin;
        }
    }

    private float error(float[] x, int offset, float trialScale, float trialMin) {
        float sum = 0;
        for (int i = 0; i < SIZE; i++) {
            float difference = trialScale * trial[i] + trialMin - x[offset + i];
            sum += weights[i] * (difference * difference);
        }
        return sum;
    }
}
