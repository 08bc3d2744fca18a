package carve.distill.optimizer;

import carve.api.config.Settings;
import carve.api.stage.Schedule;
import carve.api.stage.ScheduleProvider;

/** Makes {@code warmup-stable-decay} schedules. */
public final class WarmupStableDecayProvider implements ScheduleProvider {
    private static final String REST = "rest";

    @Override
    public String name() {
        return "warmup-stable-decay";
    }

    @Override
    public Schedule create(Settings settings, long steps) {
        long warmup = Span.of(settings, "warmup", steps);
        long decay = Span.of(settings, "decay", steps);
        long stable = settings.string("stable").equals(REST)
                ? Math.max(0, steps - warmup - decay)
                : Span.of(settings, "stable", steps);
        return new WarmupStableDecay(warmup, stable, decay, Floor.of(settings));
    }
}
