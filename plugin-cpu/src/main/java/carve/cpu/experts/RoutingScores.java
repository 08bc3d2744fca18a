package carve.cpu.experts;

import carve.api.op.TopKRouting.Scoring;

/** The scores of one row, in plain loops over arrays, with sums in double. */
final class RoutingScores {
    private RoutingScores() {}

    /** Replaces logits by scores. */
    static void score(Scoring scoring, float[] logits, int count) {
        switch (scoring) {
            case SOFTMAX -> softmax(logits, count);
            case SIGMOID -> {
                for (int i = 0; i < count; i++) {
                    logits[i] = (float) (1 / (1 + Math.exp(-(double) logits[i])));
                }
            }
            case SOFTMAX_OF_CHOSEN -> {}
        }
    }

    /** Replaces values by their softmax. */
    static void softmax(float[] values, int count) {
        float greatest = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < count; i++) {
            greatest = Math.max(greatest, values[i]);
        }
        double sum = 0;
        for (int i = 0; i < count; i++) {
            values[i] = (float) Math.exp((double) values[i] - greatest);
            sum += values[i];
        }
        for (int i = 0; i < count; i++) {
            values[i] = (float) (values[i] / sum);
        }
    }

    /** Returns the sum of the first values. */
    static double sum(float[] values, int count) {
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += values[i];
        }
        return sum;
    }
}
