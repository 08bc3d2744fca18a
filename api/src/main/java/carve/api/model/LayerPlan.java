package carve.api.model;

import carve.api.config.Names;
import carve.api.config.Settings;
import carve.api.config.SettingsException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Which mixer each layer of a model has, first layer first.
 *
 * <pre>{@code
 * mixers { mamba2 { type = mamba2, seed = mimic } }
 * block  = [keep, mamba2 x3]           # words; `x3` repeats
 * layers = ${block} ${block}
 * }</pre>
 *
 * <p>A word is {@code keep}, a name under {@code mixers}, or the name of an installed mixer with its defaults.
 *
 * @param layers one choice for each layer
 */
public record LayerPlan(List<LayerChoice> layers) {
    private static final Pattern WORD = Pattern.compile("(\\S+?)(?:\\s+x\\s*(\\d+))?");

    /** Copies the list. */
    public LayerPlan {
        layers = List.copyOf(layers);
    }

    /**
     * Returns the plan that settings describe: {@code layers} and, optionally, {@code mixers}.
     *
     * @throws SettingsException if a word means nothing
     */
    public static LayerPlan from(Settings settings) {
        return new LayerPlan(expand(settings, "layers", named(settings)));
    }

    /**
     * Returns the plan that settings describe for a model with a number of layers: {@code layers}, as {@link
     * #from(Settings)} reads them, or {@code repeat}, a list of words that is repeated until all layers have one.
     *
     * @throws SettingsException if a word means nothing
     */
    public static LayerPlan from(Settings settings, int modelLayers) {
        if (!settings.has("repeat")) {
            return from(settings);
        }
        if (settings.has("layers")) {
            throw settings.error("repeat", "and key 'layers' say the same twice; remove one");
        }
        List<LayerChoice> block = expand(settings, "repeat", named(settings));
        if (block.isEmpty()) {
            throw settings.error("repeat", "must have a word");
        }
        return new LayerPlan(IntStream.range(0, modelLayers)
                .mapToObj(i -> block.get(i % block.size()))
                .toList());
    }

    private static List<LayerChoice> expand(Settings settings, String key, Map<String, LayerChoice> named) {
        List<LayerChoice> layers = new ArrayList<>();
        for (String word : settings.strings(key)) {
            Matcher matcher = WORD.matcher(word.strip());
            if (!matcher.matches()) {
                throw settings.error(key, "has the word '%s'; expected 'mixer' or 'mixer x3'".formatted(word));
            }
            String name = matcher.group(1);
            LayerChoice choice = named.getOrDefault(name, LayerChoice.of(name));
            int times = matcher.group(2) == null ? 1 : Integer.parseInt(matcher.group(2));
            for (int i = 0; i < times; i++) {
                layers.add(choice);
            }
        }
        return layers;
    }

    private static Map<String, LayerChoice> named(Settings settings) {
        Map<String, LayerChoice> named = new LinkedHashMap<>();
        if (settings.has("mixers")) {
            Settings mixers = settings.section("mixers");
            for (String name : mixers.keys()) {
                Settings mixer = mixers.section(name);
                String type = mixer.string("type");
                named.put(name, new LayerChoice(type, mixer.take().without("type")));
            }
        }
        return named;
    }

    /**
     * Returns this plan if it has as many layers as a model.
     *
     * @throws SettingsException if it has not, or if it names mixers that are not installed
     */
    public LayerPlan checked(int modelLayers, Set<String> installed) {
        if (layers.size() != modelLayers) {
            throw new SettingsException("plan: 'layers' has %d entries, the model has %d layers; name one for each, "
                            .formatted(layers.size(), modelLayers)
                    + "'mixer x3' repeats and 'keep' leaves a layer as it is");
        }
        TreeSet<String> problems = new TreeSet<>();
        for (LayerChoice choice : layers) {
            if (!choice.keeps() && !installed.contains(choice.mixer())) {
                problems.add(Names.unknown("mixer", choice.mixer(), installed));
            }
        }
        if (!problems.isEmpty()) {
            throw new SettingsException("plan: " + String.join("\n", problems));
        }
        return this;
    }
}
