package carve.mamba2;

import carve.api.config.Settings;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.RotaryEmbedding;
import java.util.List;

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
 * @param init what is taken from attention, and what new parameters begin with
 */
public record PlainMamba2Config(
        int convWidth,
        boolean convBias,
        double epsilon,
        int stateSize,
        int normGroups,
        double minTimeStep,
        double maxTimeStep,
        MambaInLlamaConfig.Initialisation init) {
    /**
     * Returns the configuration that settings describe, for a layer of these dimensions, whose heads of keys are the groups of
     * B and C.
     *
     * @throws carve.api.config.SettingsException if a value is out of range, or does not divide what it should
     */
    public static PlainMamba2Config from(Settings settings, LayerConfig dims) {
        int width = between(settings, "conv-width", 1, 8);
        boolean bias = settings.flag("conv-bias");
        double epsilon = epsilon(settings, dims);
        int state = orElse(between(settings, "state-width", 0, 1024), dims.headWidth());
        int groups = orElse(between(settings, "norm-groups", 0, dims.heads()), dims.kvHeads());
        if (dims.heads() % groups != 0) {
            throw settings.error("norm-groups", "must divide %d heads; norm-groups=%d".formatted(dims.heads(), groups));
        }
        double min = settings.real("min-step");
        double max = settings.real("max-step");
        if (!(min >= 0) || !(max > min)) {
            throw settings.error(
                    "max-step", "must exceed min-step %s, which is at least 0; max-step=%s".formatted(min, max));
        }
        return new PlainMamba2Config(width, bias, epsilon, state, groups, min, max, init(settings, dims, state));
    }

    /**
     * Returns the dimensions of the mixer in the place of an attention layer: with the groups of B and C that {@code groups}
     * names, and without positions.
     */
    static LayerConfig dims(Settings settings, LayerConfig dims) {
        String groups = settings.string("groups");
        if (!List.of("kv-heads", "heads").contains(groups)) {
            throw settings.error("groups", "must be kv-heads or heads; groups=" + groups);
        }
        return new LayerConfig(
                dims.hidden(),
                dims.heads(),
                groups.equals("heads") ? dims.heads() : dims.kvHeads(),
                dims.headWidth(),
                dims.bias(),
                dims.outputBias(),
                dims.epsilon(),
                RotaryEmbedding.NONE);
    }

    private static MambaInLlamaConfig.Initialisation init(Settings settings, LayerConfig dims, int state) {
        MambaInLlamaConfig.Initialisation init = MambaInLlamaConfig.init(settings);
        if (init == MambaInLlamaConfig.Initialisation.KQVO_OPEN_GATE) {
            throw settings.error("init", "is kqvo-open-gate, which needs a bias of the gate; use kqvo-identity");
        }
        if (init != MambaInLlamaConfig.Initialisation.RANDOM
                && (dims.kvHeads() != dims.heads() || state != dims.headWidth())) {
            throw settings.error(
                    "init",
                    "takes B and C of each head from keys and queries; set groups = heads and state-width = 0 (%d)"
                            .formatted(dims.headWidth()));
        }
        return init;
    }

    private static double epsilon(Settings settings, LayerConfig dims) {
        double epsilon = settings.real("norm-epsilon");
        double used = epsilon == 0 ? dims.epsilon() : epsilon;
        if (!(used > 0)) {
            throw settings.error(
                    "norm-epsilon",
                    "must be positive, or 0 for that of the model's norms, %s; norm-epsilon=%s"
                            .formatted(dims.epsilon(), epsilon));
        }
        return used;
    }

    private static int orElse(int value, int other) {
        return value == 0 ? other : value;
    }

    private static int between(Settings settings, String key, int min, int max) {
        int value = settings.integer(key);
        if (value < min || value > max) {
            throw settings.error(key, "must be from %d to %d; %s=%d".formatted(min, max, key, value));
        }
        return value;
    }
}
