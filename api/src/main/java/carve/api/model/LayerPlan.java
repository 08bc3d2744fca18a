package carve.api.model;

import carve.api.config.Names;
import carve.api.config.Settings;
import carve.api.config.SettingsException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * Which mixer each layer of a model has, first layer first.
 *
 * <pre>{@code
 * mixers {
 *   mamba2 { type = mamba2, seed = mimic }
 *   wide   { from = mamba2, conv-width = 4 }        # all of mamba2, and this over it
 * }
 * block  = [keep, mamba2 x3]                         # words; x3 repeats
 * layers = ${block} ${block}                         # one word for each layer
 * at { 0 = wide, 5-7 { norm-epsilon = 1e-6 } }       # single layers: another word, or settings over its mixer's
 * }</pre>
 *
 * <p>A word is {@code keep}, a name under {@code mixers}, or the name of an installed mixer with its defaults. Which word a
 * layer has is said by exactly one of
 *
 * <ul>
 *   <li>{@code layers}: words in order, as a list or in one string. {@code (keep mamba2 x3) x8} repeats a group, {@code
 *       mamba2 x rest} fills what the others leave;
 *   <li>{@code repeat}: words that are repeated until all layers have one;
 *   <li>{@code ratio}: {@code [keep 1, mamba2 7]} or {@code [mamba2 12.5%, keep 87.5%]}, spread evenly over the depth;
 *   <li>the notation of another project, see {@link HybridNotation}.
 * </ul>
 *
 * @param layers one choice for each layer
 */
public record LayerPlan(List<LayerChoice> layers) {
    /** The keys of which exactly one says which word each layer has. */
    public static final Set<String> LAYOUTS = PlanReader.layouts();

    /** All keys of plans. */
    public static final Set<String> KEYS = keys();

    /** Copies the list. */
    public LayerPlan {
        layers = List.copyOf(layers);
    }

    private static Set<String> keys() {
        Set<String> keys = new LinkedHashSet<>(List.of("mixers", "at", "words"));
        keys.addAll(LAYOUTS);
        return Set.copyOf(keys);
    }

    /**
     * Returns the plan that settings describe, where they say themselves for how many layers.
     *
     * @throws SettingsException if a word means nothing, or the model's number of layers has to be known
     */
    public static LayerPlan from(Settings settings) {
        return new PlanReader(settings, OptionalInt.empty()).read();
    }

    /**
     * Returns the plan that settings describe for a model with a number of layers.
     *
     * @throws SettingsException if a word means nothing, or the plan is one for another number of layers
     */
    public static LayerPlan from(Settings settings, int modelLayers) {
        return new PlanReader(settings, OptionalInt.of(modelLayers)).read();
    }

    /**
     * Returns this plan if it has as many layers as a model.
     *
     * @throws SettingsException if it has not, or if it names mixers that are not installed
     */
    public LayerPlan checked(int modelLayers, Set<String> installed) {
        if (layers.size() != modelLayers) {
            throw new SettingsException(PlanReader.anotherLength("plan: 'layers'", layers.size(), modelLayers));
        }
        TreeSet<String> problems = new TreeSet<>(Names.natural());
        for (LayerChoice choice : layers) {
            if (!choice.keeps() && !installed.contains(choice.mixer())) {
                problems.add(choice.origin() + ": " + Names.unknown("mixer", choice.mixer(), installed));
            }
        }
        if (!problems.isEmpty()) {
            throw new SettingsException(String.join("\n", problems));
        }
        return this;
    }

    /** Returns the numbers of the layers that a plan leaves as they are. */
    public List<Integer> kept() {
        return IntStream.range(0, layers.size())
                .filter(i -> layers.get(i).keeps())
                .boxed()
                .toList();
    }
}
