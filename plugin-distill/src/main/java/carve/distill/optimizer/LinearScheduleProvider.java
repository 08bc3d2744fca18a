package carve.distill.optimizer;

import carve.api.config.Settings;
import carve.api.stage.LearningRateSchedule;
import carve.api.stage.LearningRateScheduleProvider;

/** A factory of {@code linear} schedules. */
public final class LinearScheduleProvider implements LearningRateScheduleProvider {
    @Override
    public String name() {
        return "linear";
    }

    @Override
    public LearningRateSchedule create(Settings settings, long steps) {
        return new DecaySchedule(Warmup.of(settings, steps), steps, DecayShape.LINEAR, MinRateRatio.of(settings));
    }
}
