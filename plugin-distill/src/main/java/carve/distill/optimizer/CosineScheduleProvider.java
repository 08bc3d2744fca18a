package carve.distill.optimizer;

import carve.api.config.Settings;
import carve.api.stage.LearningRateSchedule;
import carve.api.stage.LearningRateScheduleProvider;

/** A factory of {@code cosine} schedules. */
public final class CosineScheduleProvider implements LearningRateScheduleProvider {
    @Override
    public String name() {
        return "cosine";
    }

    @Override
    public LearningRateSchedule create(Settings settings, long steps) {
        return new DecaySchedule(Warmup.of(settings, steps), steps, DecayShape.COSINE, MinRateRatio.of(settings));
    }
}
