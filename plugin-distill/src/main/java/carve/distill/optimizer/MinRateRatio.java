package carve.distill.optimizer;

import carve.api.config.Settings;

/** Reads the factor below which a schedule does not fall. */
final class MinRateRatio {
    private MinRateRatio() {}

    static double of(Settings settings) {
        double floor = settings.real("floor");
        if (!(floor >= 0 && floor <= 1)) {
            throw settings.error("floor", "must be a factor from 0 to 1, is " + floor);
        }
        return floor;
    }
}
