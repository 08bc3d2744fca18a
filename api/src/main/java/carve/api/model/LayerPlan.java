package carve.api.model;

import carve.api.config.NameSuggestions;
import carve.api.config.SettingsException;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * The mixer of each layer of a model, first layer first.
 *
 * @param layers one choice for each layer
 * @param format the format of the student's {@code config.json}: {@link #AUTO}, or another of {@link ModelFamily#studentFormats}
 */
public record LayerPlan(List<MixerSpec> layers, String format) {
    /** The format that the family chooses. */
    public static final String AUTO = "auto";

    /** Copies the list. */
    public LayerPlan {
        layers = List.copyOf(layers);
    }

    /** Makes a plan whose format the family chooses. */
    public LayerPlan(List<MixerSpec> layers) {
        this(layers, AUTO);
    }

    /** Returns this plan with another format. */
    public LayerPlan withFormat(String other) {
        return new LayerPlan(layers, other);
    }

    /**
     * Returns this plan if it has as many layers as a model.
     *
     * @throws SettingsException if it has not, or if it names mixers that are not installed
     */
    public LayerPlan checked(int modelLayers, Set<String> installed) {
        if (layers.size() != modelLayers) {
            throw new SettingsException(wrongLength("plan: 'layers'", layers.size(), modelLayers));
        }
        TreeSet<String> problems = new TreeSet<>(NameSuggestions.naturalOrder());
        for (MixerSpec choice : layers) {
            if (!choice.isKeep() && !installed.contains(choice.name())) {
                problems.add(choice.origin() + ": " + NameSuggestions.unknown("mixer", choice.name(), installed));
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
                .filter(i -> layers.get(i).isKeep())
                .boxed()
                .toList();
    }

    /** Returns the message for a plan that was written for another number of layers. */
    public static String wrongLength(String place, int found, int expected) {
        return "%s has %d entries, the model has %d layers; name one for each, 'mixer x3' repeats, 'mixer x rest' fills and 'keep' leaves a layer as it is"
                .formatted(place, found, expected);
    }
}
