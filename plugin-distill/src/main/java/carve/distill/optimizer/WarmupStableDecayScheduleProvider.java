package carve.distill.optimizer;

import carve.api.config.Settings;
import carve.api.stage.LearningRateSchedule;
import carve.api.stage.LearningRateScheduleProvider;

/** A factory of {@code warmup-stable-decay} schedules. */
public final class WarmupStableDecayScheduleProvider implements LearningRateScheduleProvider {
    private static final String REST = "rest";

    @Override
    public String name() {
        return "warmup-stable-decay";
    }

    @Override
    public LearningRateSchedule create(Settings settings, long steps) {
        Warmup warmup = Warmup.of(settings, steps);
        long decay = StepCount.of(settings, "decay", steps);
        long stable = settings.string("stable").equals(REST)
                ? Math.max(0, steps - warmup.steps() - decay)
                : StepCount.of(settings, "stable", steps);
        return new WarmupStableDecaySchedule(
                warmup,
                stable,
                decay,
                settings.enumConstant("decay-shape", DecayShape.class),
                MinRateRatio.of(settings));
    }
}
