package carve.distill.optimizer;

import carve.api.stage.LearningRateSchedule;

/**
 * Linear warm-up, a constant part, and a decay. With a cosine and a warm-up from zero it is {@code get_wsd_schedule} of
 * transformers 4.43.1.
 *
 * @param warmup the warm-up
 * @param stable steps at 1
 * @param decay steps of the decay
 * @param decayShape how the rate falls
 * @param minRateRatio the factor at the end and after it
 */
record WarmupStableDecaySchedule(Warmup warmup, long stable, long decay, DecayShape decayShape, double minRateRatio)
        implements LearningRateSchedule {
    @Override
    public double factor(long step) {
        if (warmup.has(step)) {
            return warmup.factor(step);
        }
        long decayed = step - warmup.steps() - stable;
        if (decayed < 0) {
            return 1;
        }
        return decayed < decay ? decayShape.factor((double) decayed / decay, minRateRatio) : minRateRatio;
    }
}
