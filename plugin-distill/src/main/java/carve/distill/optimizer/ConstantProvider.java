package carve.distill.optimizer;

import carve.api.config.Settings;
import carve.api.stage.Schedule;
import carve.api.stage.ScheduleProvider;

/** Makes {@code constant} schedules. */
public final class ConstantProvider implements ScheduleProvider {
    @Override
    public String name() {
        return "constant";
    }

    @Override
    public Schedule create(Settings settings, long steps) {
        return new Constant(Span.of(settings, "warmup", steps));
    }
}
