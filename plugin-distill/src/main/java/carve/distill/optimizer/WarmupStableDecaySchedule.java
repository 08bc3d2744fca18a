package carve.distill.optimizer;

import carve.api.stage.LearningRateSchedule;

/**
 * Linear warm-up from 0, a constant part, and a cosine decay, as {@code get_wsd_schedule} of
 * transformers 4.43.1; the first step of a warm-up has the factor 0.
 *
 * @param warmup steps of the warm-up
 * @param stable steps at 1
 * @param decay steps of the decay
 * @param minRateRatio the factor at the end and after it
 */
record WarmupStableDecaySchedule(long warmup, long stable, long decay, double minRateRatio)
        implements LearningRateSchedule {
    @Override
    public double factor(long step) {
        if (step < warmup) {
            return (double) step / warmup;
        }
        if (step < warmup + stable) {
            return 1;
        }
        if (step < warmup + stable + decay) {
            return (1 - minRateRatio) * CosineSchedule.halfCosine((double) (step - warmup - stable) / decay)
                    + minRateRatio;
        }
        return minRateRatio;
    }
}
