package carve.distill.optimizer;

import carve.api.config.Settings;
import carve.api.stage.LearningRateSchedule;
import carve.api.stage.LearningRateScheduleProvider;

/** A factory of {@code constant} schedules. */
public final class ConstantScheduleProvider implements LearningRateScheduleProvider {
    @Override
    public String name() {
        return "constant";
    }

    @Override
    public LearningRateSchedule create(Settings settings, long steps) {
        return new ConstantSchedule(Warmup.of(settings, steps));
    }
}
