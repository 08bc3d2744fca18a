package carve.distill.optimizer;

import carve.api.stage.LearningRateSchedule;

/**
 * Grows from 0 along a line, then stays at 1.
 *
 * @param warmup steps of growth
 */
record ConstantSchedule(long warmup) implements LearningRateSchedule {
    @Override
    public double factor(long step) {
        return step < warmup ? (double) step / warmup : 1;
    }
}
