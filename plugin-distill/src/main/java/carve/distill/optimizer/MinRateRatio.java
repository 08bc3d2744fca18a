package carve.distill.optimizer;

import carve.api.config.Settings;

/** The reading of the factor of the peak rate below which a schedule does not fall. */
final class MinRateRatio {
    private MinRateRatio() {}

    static double of(Settings settings) {
        double ratio = settings.real("min-rate-ratio");
        if (!(ratio >= 0 && ratio <= 1)) {
            throw settings.error("min-rate-ratio", "must be a factor from 0 to 1, is " + ratio);
        }
        return ratio;
    }
}
