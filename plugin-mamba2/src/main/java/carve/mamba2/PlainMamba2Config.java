package carve.mamba2;

import carve.api.config.Settings;
import carve.api.mixer.LayerConfig;

/**
 * The settings of the mixer {@code plain-mamba2}.
 *
 * @param convWidth W, the width of the causal convolution
 * @param convBias whether the convolution has a bias
 * @param epsilon of the gated norm
 * @param stateSize N, the width of a head's state
 * @param normGroups into how many parts the gated norm divides the inner width
 * @param minTimeStep the least time step
 * @param maxTimeStep the greatest time step; infinite if there is none
 */
public record PlainMamba2Config(
        int convWidth,
        boolean convBias,
        double epsilon,
        int stateSize,
        int normGroups,
        double minTimeStep,
        double maxTimeStep) {
    /**
     * Returns the configuration that settings describe, for a layer of these dimensions.
     *
     * @throws carve.api.config.SettingsException if a value is out of range, or does not divide what it should
     */
    public static PlainMamba2Config from(Settings settings, LayerConfig dims) {
        int width = between(settings, "conv-width", 1, 8);
        boolean bias = settings.flag("conv-bias");
        double epsilon = settings.real("norm-epsilon");
        if (!(epsilon > 0)) {
            throw settings.error("norm-epsilon", "must be positive; norm-epsilon=" + epsilon);
        }
        int state = between(settings, "state-width", 1, 1024);
        int groups = between(settings, "norm-groups", 1, dims.heads());
        if (dims.heads() % groups != 0) {
            throw settings.error("norm-groups", "must divide %d heads; norm-groups=%d".formatted(dims.heads(), groups));
        }
        double min = settings.real("min-step");
        double max = settings.real("max-step");
        if (!(min >= 0) || !(max > min)) {
            throw settings.error(
                    "max-step", "must exceed min-step %s, which is at least 0; max-step=%s".formatted(min, max));
        }
        return new PlainMamba2Config(width, bias, epsilon, state, groups, min, max);
    }

    private static int between(Settings settings, String key, int min, int max) {
        int value = settings.integer(key);
        if (value < min || value > max) {
            throw settings.error(key, "must be from %d to %d; %s=%d".formatted(min, max, key, value));
        }
        return value;
    }
}
