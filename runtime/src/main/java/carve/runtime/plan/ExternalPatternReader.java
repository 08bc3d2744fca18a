package carve.runtime.plan;

import carve.api.config.Settings;
import carve.api.config.SettingsException;
import carve.api.config.SettingsNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;

/**
 * A reader of one key of another project's notation, which gives the kind of each layer as that project calls it.
 *
 * @param settings where the key is
 * @param key the key
 * @param layers the model's number of layers, where it is known
 */
record ExternalPatternReader(Settings settings, String key, OptionalInt layers) {
    /** The kind of layers that a list of numbers calls attention. */
    static final String ATTENTION = "attention";

    /** The kind of the other ones. */
    static final String LINEAR = "linear";

    /**
     * The kind of a layer.
     *
     * @param name the kind, in the other project's words
     * @param place where it was written
     * @param whole whether the notation says that it has a feed-forward part
     */
    record LayerKind(String name, String place, boolean whole) {}

    /** Reads one key. */
    @FunctionalInterface
    interface Reader {
        List<LayerKind> read(ExternalPatternReader key);
    }

    /** Returns the readers by key; the most explicit notation comes first. */
    static Map<String, Reader> all() {
        Map<String, Reader> all = new LinkedHashMap<>();
        all.put("layer_types", ExternalPatternReader::perLayer);
        all.put("layers_block_type", ExternalPatternReader::perLayer);
        all.put("attn_type_list", ExternalPatternReader::perLayer);
        all.put("hybrid_override_pattern", ExternalPatternReader::pattern);
        all.put("hybrid_layer_pattern", ExternalPatternReader::pattern);
        all.put("hybrid-override-pattern", ExternalPatternReader::pattern); // as on a command line
        all.put("hybrid-layer-pattern", ExternalPatternReader::pattern);
        all.put("block_types", ExternalPatternReader::repeated);
        all.put("linear_attn_config", ExternalPatternReader::fromOne);
        all.put("attn", ExternalPatternReader::inside);
        all.put("attn_layers", key -> key.byLayerNumbers(ATTENTION, LINEAR));
        all.put("attn_layer_indices", key -> key.byLayerNumbers(ATTENTION, LINEAR));
        all.put("softmax_attention", key -> key.byLayerNumbers(ATTENTION, LINEAR));
        all.put("softmax_attentions", key -> key.byLayerNumbers(ATTENTION, LINEAR));
        all.put("full_attn_idxs", key -> key.byLayerNumbers(ATTENTION, "conv"));
        all.put("hybrid_layer_ids", key -> key.byLayerNumbers("hybrid", "mamba"));
        all.put("ssm_layers", key -> key.byLayerNumbers(LINEAR, ATTENTION));
        all.put("attn_layer_period", ExternalPatternReader::period);
        all.put("full_attention_interval", ExternalPatternReader::interval);
        return all;
    }

    /** Returns all keys, those too that only go with another. */
    static Set<String> keys() {
        Set<String> keys = new TreeSet<>(all().keySet());
        keys.add("attn_layer_offset");
        return keys;
    }

    private Settings section() {
        return settings.section(key);
    }

    private String place() {
        return "%s: key '%s'".formatted(settings.origin(key), key);
    }

    private int count() {
        return layers.orElseThrow(() -> new MissingLayerCountException(
                "%s does not say how many layers there are; the model does".formatted(place())));
    }

    private List<SettingsNode> items() {
        SettingsNode value = settings.node(key);
        if (value instanceof SettingsNode.Items list) {
            return list.items();
        }
        throw settings.error(key, "must be a list, is " + LayerPlanReader.shown(value));
    }

    private List<LayerKind> perLayer() {
        List<LayerKind> kinds = new ArrayList<>();
        for (SettingsNode item : items()) {
            String place = "%s, position %d".formatted(place(), kinds.size());
            if (!(item instanceof SettingsNode.Scalar(Object value, String _))) {
                throw new SettingsException("%s: found %s; write a name".formatted(place, LayerPlanReader.shown(item)));
            }
            kinds.add(new LayerKind(key.equals("attn_type_list") ? flag(value, place) : value.toString(), place, true));
        }
        return kinds;
    }

    private static String flag(Object value, String place) {
        return switch (value.toString()) {
            case "0" -> LINEAR;
            case "1" -> ATTENTION;
            default ->
                throw new SettingsException(
                        "%s: expected 1 (attention) or 0 (linear), found %s".formatted(place, value));
        };
    }

    private List<LayerKind> repeated() {
        List<LayerKind> block = perLayer();
        if (block.isEmpty()) {
            throw settings.error(key, "must have a name, is an empty list");
        }
        List<LayerKind> kinds = new ArrayList<>();
        for (int i = 0; i < count(); i++) {
            kinds.add(block.get(i % block.size()));
        }
        return kinds;
    }

    private List<LayerKind> byLayerNumbers(String those, String others) {
        return byLayerNumbers(those, others, numbers(0), 0);
    }

    private List<LayerKind> byLayerNumbers(String those, String others, Set<Integer> numbers, int first) {
        List<LayerKind> kinds = new ArrayList<>();
        for (int i = 0; i < count(); i++) {
            kinds.add(new LayerKind(numbers.contains(i + first) ? those : others, place(), true));
        }
        return kinds;
    }

    private Set<Integer> numbers(int first) {
        Set<Integer> numbers = new TreeSet<>();
        List<SettingsNode> items = items();
        for (int i = 0; i < items.size(); i++) {
            int number = number(items.get(i), "%s, position %d".formatted(place(), i));
            if (number < first || number >= first + count()) {
                throw new SettingsException("%s, position %d: found %d; layers are numbers from %d to %d"
                        .formatted(place(), i, number, first, first + count() - 1));
            }
            if (!numbers.add(number)) {
                throw new SettingsException(
                        "%s, position %d: layer %d is listed twice; remove one".formatted(place(), i, number));
            }
        }
        return numbers;
    }

    private static int number(SettingsNode item, String place) {
        if (item instanceof SettingsNode.Scalar(Object value, String _)
                && value.toString().matches("-?\\d{1,8}")) {
            return Integer.parseInt(value.toString());
        }
        throw new SettingsException(
                "%s: found %s; write the number of a layer".formatted(place, LayerPlanReader.shown(item)));
    }

    // what else fla says of its attention is the teacher's
    private List<LayerKind> inside() {
        Settings section = section();
        section.asTree();
        return new ExternalPatternReader(section, "layers", layers).byLayerNumbers(ATTENTION, LINEAR);
    }

    // Kimi Linear counts from 1, and names every layer once
    private List<LayerKind> fromOne() {
        Settings section = section();
        section.asTree();
        ExternalPatternReader linear = new ExternalPatternReader(section, "kda_layers", layers);
        ExternalPatternReader full = new ExternalPatternReader(section, "full_attn_layers", layers);
        Set<Integer> numbers = linear.numbers(1);
        Set<Integer> others = full.numbers(1);
        for (int i = 1; i <= count(); i++) {
            if (numbers.contains(i) == others.contains(i)) {
                throw settings.error(
                        key,
                        "names layer %d %s; let 'kda_layers' and 'full_attn_layers' name each layer from 1 to %d once"
                                .formatted(i, numbers.contains(i) ? "twice" : "in neither list", count()));
            }
        }
        return linear.byLayerNumbers(LINEAR, ATTENTION, numbers, 1);
    }

    private List<LayerKind> period() {
        if (!settings.has("attn_layer_offset")) {
            throw settings.error(key, "needs 'attn_layer_offset': attention is where i mod period is offset");
        }
        int period = positive(key);
        int offset = settings.integer("attn_layer_offset");
        if (offset < 0 || offset >= period) {
            throw settings.error(
                    "attn_layer_offset",
                    "must be from 0 to %d, less than the period, is %d".formatted(period - 1, offset));
        }
        return every(period, offset);
    }

    private List<LayerKind> interval() {
        int interval = positive(key);
        return every(interval, interval - 1);
    }

    private int positive(String name) {
        int value = settings.integer(name);
        if (value < 1) {
            throw settings.error(name, "must be 1 or more, is " + value);
        }
        return value;
    }

    private List<LayerKind> every(int period, int offset) {
        List<LayerKind> kinds = new ArrayList<>();
        for (int i = 0; i < count(); i++) {
            kinds.add(new LayerKind(i % period == offset ? ATTENTION : LINEAR, place(), true));
        }
        return kinds;
    }

    private List<LayerKind> pattern() {
        return new MegatronPattern(settings.string(key), place()).kinds();
    }
}
