package carve.mamba2;

import carve.api.config.NameSuggestions;
import carve.api.config.Settings;
import carve.api.tensor.DType;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The settings of the mixer {@code mamba-in-llama}.
 *
 * @param convWidth W, the width of the causal convolution
 * @param epsilon of the gated norm of heads
 * @param bias whether the projections in and out have biases
 * @param repeatBeforeConv whether x and B are repeated to all heads before the convolution, rather than after it
 * @param stateType the storage type of states; F32 but to reproduce the authors' generation, which rounds states to the type of
 *     the weights at every step
 * @param init what is taken from attention, and what new parameters begin with
 */
public record MambaInLlamaConfig(
        int convWidth, double epsilon, boolean bias, boolean repeatBeforeConv, DType stateType, Initialisation init) {
    /** Ways to initialise. */
    public enum Initialisation {
        /** Projections of attention; new parameters as Mamba-2 begins, convolution and gate at random (the authors'). */
        KQVO,
        /** Random weights, none of them from attention. */
        RANDOM,
        /** Projections of attention; a convolution that changes nothing, and no skip connection. */
        KQVO_IDENTITY,
        /** As {@link #KQVO_IDENTITY}, and the gate is 1 whatever comes; needs biases. */
        KQVO_OPEN_GATE;

        private String word() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        boolean isIdentity() {
            return this == KQVO_IDENTITY || this == KQVO_OPEN_GATE;
        }
    }

    /** Returns the configuration that settings describe. */
    public static MambaInLlamaConfig from(Settings settings) {
        int width = settings.integer("conv-width");
        if (width < 1 || width > 8) {
            throw settings.error("conv-width", "must be from 1 to 8; conv-width=" + width);
        }
        double epsilon = settings.real("norm-epsilon");
        if (!(epsilon > 0)) {
            throw settings.error("norm-epsilon", "must be positive; norm-epsilon=" + epsilon);
        }
        boolean bias = settings.flag("bias");
        Initialisation initialisation = init(settings);
        if (initialisation == Initialisation.KQVO_OPEN_GATE && !bias) {
            throw settings.error("init", "is kqvo-open-gate, which opens the gate by its bias; set bias = true");
        }
        return new MambaInLlamaConfig(
                width, epsilon, bias, settings.flag("repeat-before-conv"), state(settings), initialisation);
    }

    static Initialisation init(Settings settings) {
        List<String> known =
                Arrays.stream(Initialisation.values()).map(Initialisation::word).toList();
        String name = settings.string("init");
        if (!known.contains(name)) {
            throw settings.error("init", "is wrong: " + NameSuggestions.unknown("initialisation", name, known));
        }
        return Initialisation.values()[known.indexOf(name)];
    }

    private static DType state(Settings settings) {
        List<String> known = List.of("f32", "f16", "bf16");
        String name = settings.string("state");
        if (!known.contains(name)) {
            throw settings.error(
                    "state", "is wrong: " + NameSuggestions.unknown("storage type of states", name, known));
        }
        return DType.valueOf(name.toUpperCase(Locale.ROOT));
    }
}
