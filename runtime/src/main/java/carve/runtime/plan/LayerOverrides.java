package carve.runtime.plan;

import carve.api.config.SettingsException;
import carve.api.config.SettingsNode;
import carve.api.model.MixerSpec;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * The section {@code overrides} of a plan: other mixers, or other settings, of single layers.
 *
 * <p>A key is a number, {@code 5-7}, {@code 0-31/4} (every fourth), or several of these with commas, in quotes; negative
 * numbers count from the end, -1 is the last layer. A value is the name of a mixer, or a section: with {@code type}
 * or {@code from} another mixer, otherwise settings over those of the layer's mixer.
 */
final class LayerOverrides {
    /** The key of the section. */
    static final String KEY = "overrides";

    private static final int MAX_SHOWN = 80;
    private static final Pattern RANGE = Pattern.compile("(-?\\d{1,6})(?:-(\\d{1,6})(?:/(\\d{1,6}))?)?");

    private final MixerDefinitions mixers;
    private final int layers;

    LayerOverrides(MixerDefinitions mixers, int layers) {
        this.mixers = mixers;
        this.layers = layers;
    }

    /** Applies a section to a plan's choices, which are changed. */
    void apply(SettingsNode.Section section, List<MixerSpec> choices) {
        Map<Integer, String> taken = new TreeMap<>();
        section.members().forEach((key, value) -> {
            for (String part : key.split(",", -1)) {
                apply(part.strip(), key, value, taken, choices);
            }
        });
    }

    private void apply(
            String part, String key, SettingsNode value, Map<Integer, String> taken, List<MixerSpec> choices) {
        for (int layer : range(part, key, value.origin())) {
            String other = taken.put(layer, key);
            if (other != null) {
                throw problem(
                        key,
                        value.origin(),
                        "layer %d is already overridden by '%s'".formatted(layer, shown(other)),
                        "name it once");
            }
            choices.set(layer, override(key, layer, value, choices.get(layer)));
        }
    }

    private MixerSpec override(String key, int layer, SettingsNode value, MixerSpec before) {
        String place = "%s: key '%s.%s'".formatted(value.origin(), KEY, shown(key));
        return switch (value) {
            case SettingsNode.Scalar(Object word, String _) -> word(word.toString(), place);
            case SettingsNode.Section section
            when MixerDefinitions.namesMixer(section) -> mixers.inline(KEY + "." + key, section);
            case SettingsNode.Section section -> {
                if (before.isKeep()) {
                    throw new SettingsException(
                            "%s: layer %d is kept unchanged and has no mixer settings to override; name a mixer, for example type = mamba2"
                                    .formatted(place, layer));
                }
                yield new MixerSpec(before.name(), section.over(before.settings()));
            }
            case SettingsNode.Items items ->
                throw problem(
                        key,
                        value.origin(),
                        "found " + LayerPlanReader.shown(items),
                        "write the name of one mixer, or a section with settings");
        };
    }

    private MixerSpec word(String text, String place) {
        List<MixerReference> words = LayerPatternParser.expand(LayerPatternParser.parse(text, place), -1, place);
        if (words.size() != 1) {
            throw new SettingsException(
                    "%s: found %d mixers in '%s'; an override takes exactly one".formatted(place, words.size(), text));
        }
        return mixers.choice(words.getFirst());
    }

    private List<Integer> range(String part, String key, String origin) {
        Matcher matcher = RANGE.matcher(part);
        if (!matcher.matches() || part.startsWith("-") && matcher.group(2) != null) {
            throw problem(
                    key,
                    origin,
                    "found '%s'".formatted(part),
                    "name layers as 5, 5-7, 0-%d/4 or -1".formatted(layers - 1));
        }
        int first = inside(Integer.parseInt(matcher.group(1)), key, origin);
        int last = matcher.group(2) == null ? first : inside(Integer.parseInt(matcher.group(2)), key, origin);
        int step = matcher.group(3) == null ? 1 : Integer.parseInt(matcher.group(3));
        if (last < first || step < 1) {
            throw problem(
                    key,
                    origin,
                    "range '%s' is empty".formatted(part),
                    "write the smaller number first, and a step of 1 or more");
        }
        return IntStream.rangeClosed(first, last)
                .filter(layer -> (layer - first) % step == 0)
                .boxed()
                .toList();
    }

    private int inside(int layer, String key, String origin) {
        int counted = layer < 0 ? layers + layer : layer;
        if (counted < 0 || counted >= layers) {
            throw problem(
                    key,
                    origin,
                    "found layer %d".formatted(layer),
                    "there are %d, from 0 to %d".formatted(layers, layers - 1));
        }
        return counted;
    }

    private static SettingsException problem(String key, String origin, String found, String would) {
        return new SettingsException("%s: key '%s.%s': %s; %s".formatted(origin, KEY, shown(key), found, would));
    }

    // each layer keeps its place, so a key of a megabyte would be kept a thousand times
    private static String shown(String key) {
        return key.length() <= MAX_SHOWN ? key : key.substring(0, MAX_SHOWN) + "...";
    }
}
