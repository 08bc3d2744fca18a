package carve.distill.optimizer;

import carve.api.stage.LearningRateSchedule;

/**
 * Linear warm-up from 0, then a cosine decay that ends with the run.
 *
 * @param warmup steps of the warm-up
 * @param steps of the run
 * @param minRateRatio the factor at the end and after it
 */
record CosineSchedule(long warmup, long steps, double minRateRatio) implements LearningRateSchedule {
    @Override
    public double factor(long step) {
        if (step < warmup) {
            return (double) step / warmup;
        }
        double progress = Math.min(1, (double) (step - warmup) / Math.max(1, steps - warmup));
        return (1 - minRateRatio) * halfCosine(progress) + minRateRatio;
    }

    /** Returns {@code (1 + cos(pi x)) / 2}: 1 at 0, 0 at 1. */
    static double halfCosine(double x) {
        return Math.max(0, 0.5 * (1 + Math.cos(Math.PI * x)));
    }
}
