package carve.distill.optimizer;

import carve.api.stage.LearningRateSchedule;

/**
 * Linear warm-up, then a decay that ends with the run.
 *
 * @param warmup the warm-up
 * @param steps of the run
 * @param decayShape how the rate falls
 * @param minRateRatio the factor after the last step
 */
record DecaySchedule(Warmup warmup, long steps, DecayShape decayShape, double minRateRatio)
        implements LearningRateSchedule {
    @Override
    public double factor(long step) {
        if (warmup.has(step)) {
            return warmup.factor(step);
        }
        double progress = (double) (step - warmup.steps()) / Math.max(1, steps - warmup.steps());
        return decayShape.factor(Math.min(1, progress), minRateRatio);
    }
}
