package carve.distill.optimizer;

import carve.api.stage.Schedule;

/**
 * Grows from 0 along a line, then goes down to a floor along half a cosine, which ends with the run.
 *
 * @param warmup steps of growth
 * @param steps of the run
 * @param floor the factor at the end and after it
 */
record Cosine(long warmup, long steps, double floor) implements Schedule {
    @Override
    public double factor(long step) {
        if (step < warmup) {
            return (double) step / warmup;
        }
        double progress = Math.min(1, (double) (step - warmup) / Math.max(1, steps - warmup));
        return (1 - floor) * half(progress) + floor;
    }

    /** Returns {@code (1 + cos(pi x)) / 2}: 1 at 0, 0 at 1. */
    static double half(double x) {
        return Math.max(0, 0.5 * (1 + Math.cos(Math.PI * x)));
    }
}
