package carve.mamba2;

import carve.api.config.NameSuggestions;
import carve.api.config.Settings;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The settings of the mixer {@code mamba2}.
 *
 * @param convWidth W, the width of the causal convolution
 * @param epsilon of the gated norm of heads
 * @param init what is taken from attention, and what new parameters begin with
 */
public record Mamba2Config(int convWidth, double epsilon, Initialisation init) {
    /** Ways to initialise (mmMamba, section 3.2 and Table 4). */
    public enum Initialisation {
        /** Projections of attention; new parameters such that the mixer is near linear attention. */
        MIMIC,
        /** Projections of attention; new parameters as Mamba-2 begins. */
        INHERIT,
        /** The output projection of attention alone. */
        SCRATCH
    }

    /** Returns the configuration that settings describe. */
    public static Mamba2Config from(Settings settings) {
        int width = settings.integer("conv-width");
        if (width < 1 || width > 8) {
            throw settings.error("conv-width", "must be from 1 to 8; conv-width=" + width);
        }
        double epsilon = settings.real("norm-epsilon");
        if (!(epsilon > 0)) {
            throw settings.error("norm-epsilon", "must be positive; norm-epsilon=" + epsilon);
        }
        return new Mamba2Config(width, epsilon, init(settings));
    }

    private static Initialisation init(Settings settings) {
        List<String> known = Arrays.stream(Initialisation.values())
                .map(initialisation -> initialisation.name().toLowerCase(Locale.ROOT))
                .toList();
        String name = settings.string("init");
        if (!known.contains(name)) {
            throw settings.error("init", "is wrong: " + NameSuggestions.unknown("initialisation", name, known));
        }
        return Initialisation.valueOf(name.toUpperCase(Locale.ROOT));
    }
}
