package carve.distill.optimizer;

import carve.api.config.Settings;

/**
 * The linear growth of the learning rate at the start of a run. Step s, from 0, has the factor {@code (s + 1) / steps}, so that
 * every step learns; from zero it is {@code s / steps}, as in Transformers, whose first step changes nothing.
 *
 * @param steps the length
 * @param fromZero whether the first step has the factor 0
 */
record Warmup(long steps, boolean fromZero) {
    /** Returns the warm-up of a schedule's settings, for a run of so many steps. */
    static Warmup of(Settings settings, long steps) {
        return new Warmup(StepCount.of(settings, "warmup", steps), settings.flag("warmup-from-zero"));
    }

    /** Returns whether a step belongs to it. */
    boolean has(long step) {
        return step < steps;
    }

    /** Returns the factor of one of its steps. */
    double factor(long step) {
        return (double) (fromZero ? step : step + 1) / steps;
    }
}
