package carve.distill.optimizer;

import carve.api.stage.LearningRateSchedule;

/**
 * Linear warm-up, then constant.
 *
 * @param warmup the warm-up
 */
record ConstantSchedule(Warmup warmup) implements LearningRateSchedule {
    @Override
    public double factor(long step) {
        return warmup.has(step) ? warmup.factor(step) : 1;
    }
}
