package carve.distill.optimizer;

import carve.api.stage.LearningRateSchedule;

/**
 * Linear warm-up from 0, then constant.
 *
 * @param warmup steps of the warm-up
 */
record ConstantSchedule(long warmup) implements LearningRateSchedule {
    @Override
    public double factor(long step) {
        return step < warmup ? (double) step / warmup : 1;
    }
}
