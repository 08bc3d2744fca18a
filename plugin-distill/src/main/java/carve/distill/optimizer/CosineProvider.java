package carve.distill.optimizer;

import carve.api.config.Settings;
import carve.api.stage.Schedule;
import carve.api.stage.ScheduleProvider;

/** Makes {@code cosine} schedules. */
public final class CosineProvider implements ScheduleProvider {
    @Override
    public String name() {
        return "cosine";
    }

    @Override
    public Schedule create(Settings settings, long steps) {
        return new Cosine(Span.of(settings, "warmup", steps), steps, Floor.of(settings));
    }
}
