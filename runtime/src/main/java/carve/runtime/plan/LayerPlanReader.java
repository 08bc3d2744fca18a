package carve.runtime.plan;

import carve.api.config.Settings;
import carve.api.config.SettingsException;
import carve.api.config.SettingsNode;
import carve.api.config.TreeSettings;
import carve.api.json.JsonString;
import carve.api.model.LayerPlan;
import carve.api.model.MixerSpec;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Reads a {@link LayerPlan} from settings.
 *
 * <pre>{@code
 * mixers {
 *   mamba2 { type = mamba2, init = mimic }
 *   wide   { from = mamba2, conv-width = 4 }        # all of mamba2, and this over it
 * }
 * block  = [keep, mamba2 x3]                         # names; x3 repeats
 * layers = ${block} ${block}                         # one name for each layer
 * overrides { 0 = wide, 5-7 { norm-epsilon = 1e-6 } } # single layers: another name, or settings over its mixer's
 * }</pre>
 *
 * <p>A name is {@code keep}, one under {@code mixers}, or that of an installed mixer with its defaults. Exactly one of these keys
 * names the mixers of layers:
 *
 * <ul>
 *   <li>{@code layers}: names in order, as a list or in one string. {@code (keep mamba2 x3) x8} repeats a group, {@code
 *       mamba2 x rest} fills what the others leave;
 *   <li>{@code repeat}: names that are repeated until all layers have one;
 *   <li>{@code ratio}: {@code [keep 1, mamba2 7]} or {@code [mamba2 12.5%, keep 87.5%]}, spread evenly over the depth;
 *   <li>the notation of another project, see {@link ExternalLayerPattern}.
 * </ul>
 *
 * @param settings the plan's
 * @param layers the model's number of layers, where it is known
 */
public record LayerPlanReader(Settings settings, OptionalInt layers) {
    private static final String LAYERS = "layers";
    private static final String REPEAT = "repeat";
    private static final String RATIO = "ratio";
    private static final String OVERRIDES = LayerOverrides.KEY;
    private static final List<String> OWN = List.of(LAYERS, REPEAT, RATIO);

    /** A text in a list of settings. */
    private record Entry(String text, String place) {}

    /** The keys of which exactly one says which mixer each layer has. */
    public static final Set<String> LAYOUTS = layouts();

    /** The keys that say which mixer each layer has: the layouts, and what goes with them. */
    public static final Set<String> LAYER_KEYS = layerKeys();

    /** All keys of plans. */
    public static final Set<String> KEYS = keys();

    /** The key of plans and recipes that names an earlier student, whose converted layers are copied. */
    public static final String PREVIOUS_CHECKPOINT = "previous-checkpoint";

    // a recipe's keys that do not belong to its plan
    private static final Set<String> RECIPE_KEYS = Set.of(
            "teacher",
            "student",
            "model",
            "out",
            "seed",
            "dtype",
            "samples",
            "validation",
            "keep-students",
            "memory",
            "data",
            "stages",
            "demo",
            "device",
            "kernels",
            PREVIOUS_CHECKPOINT);

    /**
     * Checks the number of layers.
     *
     * @throws SettingsException if it is none that a model can have
     */
    public LayerPlanReader {
        if (layers.isPresent() && (layers.getAsInt() < 1 || layers.getAsInt() > LayerPatternParser.MAX_LAYERS)) {
            throw new SettingsException("%s: a plan is for 1 to %d layers, the model has %d"
                    .formatted(settings.origin(), LayerPatternParser.MAX_LAYERS, layers.getAsInt()));
        }
    }

    private static Set<String> keys() {
        Set<String> keys = new LinkedHashSet<>(LAYER_KEYS);
        keys.add("mixers");
        return Set.copyOf(keys);
    }

    private static Set<String> layerKeys() {
        Set<String> keys = new LinkedHashSet<>(List.of(OVERRIDES, ExternalLayerPattern.LAYER_KINDS));
        keys.addAll(LAYOUTS);
        return Set.copyOf(keys);
    }

    /**
     * Returns the plan that settings describe, where they say themselves for how many layers.
     *
     * @throws SettingsException if a name is unknown, or the model's number of layers has to be known
     */
    public static LayerPlan read(Settings settings) {
        return new LayerPlanReader(settings, OptionalInt.empty()).read();
    }

    /**
     * Returns the plan that settings describe for a model with a number of layers.
     *
     * @throws SettingsException if a name is unknown, or the plan is one for another number of layers
     */
    public static LayerPlan read(Settings settings, int modelLayers) {
        return new LayerPlanReader(settings, OptionalInt.of(modelLayers)).read();
    }

    /**
     * Returns the plan in settings that may be a whole recipe; the recipe's other keys are ignored.
     *
     * @throws SettingsException if the plan is wrong, or a key is neither a plan's nor a recipe's
     */
    public static LayerPlan readRecipe(TreeSettings settings, int modelLayers) {
        var nothing = new SettingsNode.Section(Map.of(), "defaults");
        TreeSettings plan = settings.over(new TreeSettings(nothing, RECIPE_KEYS));
        LayerPlan layerPlan = read(plan, modelLayers);
        plan.requireAllRead();
        return layerPlan;
    }

    private static Set<String> layouts() {
        Set<String> keys = new LinkedHashSet<>(OWN);
        keys.addAll(ExternalLayerPattern.KEYS);
        return Set.copyOf(keys);
    }

    private LayerPlan read() {
        MixerDefinitions mixers = new MixerDefinitions(section("mixers"));
        List<MixerSpec> choices = new ArrayList<>();
        words().forEach(word -> choices.add(mixers.choice(word)));
        SettingsNode.Section overrides = section(OVERRIDES);
        if (!overrides.members().isEmpty()) {
            new LayerOverrides(mixers, choices.size()).apply(overrides, choices);
        }
        return new LayerPlan(choices);
    }

    private SettingsNode.Section section(String key) {
        return settings.has(key)
                ? settings.section(key).asTree()
                : new SettingsNode.Section(Map.of(), settings.origin());
    }

    private List<MixerReference> words() {
        List<String> said = OWN.stream().filter(settings::has).toList();
        List<String> foreign = ExternalLayerPattern.keys(settings);
        if (said.size() > 1 || !said.isEmpty() && !foreign.isEmpty()) {
            List<String> both = new ArrayList<>(said);
            both.addAll(foreign);
            throw settings.error(
                    both.getLast(), "and key '%s' exclude each other; remove one".formatted(both.getFirst()));
        }
        if (said.isEmpty() && foreign.isEmpty()) {
            // says where a key should be, and which one may be misspelt
            settings.node(LAYERS);
        }
        if (said.isEmpty()) {
            return sized(foreign.getFirst(), new ExternalLayerPattern(settings, layers).words());
        }
        return switch (said.getFirst()) {
            case REPEAT -> repeated();
            case RATIO -> new LayerRatio(shares(), place(RATIO)).words(known(RATIO));
            default -> sized(LAYERS, LayerPatternParser.expand(runs(LAYERS), layers.orElse(-1), place(LAYERS)));
        };
    }

    private String place(String key) {
        return "%s: key '%s'".formatted(settings.origin(key), key);
    }

    private int known(String key) {
        return layers.orElseThrow(() ->
                settings.error(key, "needs a model, whose layers it counts; name each layer under 'layers' here"));
    }

    private List<MixerReference> sized(String key, List<MixerReference> words) {
        if (layers.isPresent() && words.size() != layers.getAsInt()) {
            throw new SettingsException(LayerPlan.wrongLength(place(key), words.size(), layers.getAsInt()));
        }
        return words;
    }

    private List<MixerReference> repeated() {
        int count = known(REPEAT);
        List<MixerReference> block = LayerPatternParser.expand(runs(REPEAT), -1, place(REPEAT));
        List<MixerReference> words = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            words.add(block.get(i % block.size()));
        }
        return words;
    }

    private List<LayerPatternParser.Run> runs(String key) {
        List<LayerPatternParser.Run> runs = new ArrayList<>();
        long words = 0;
        for (Entry entry : entries(key)) {
            List<LayerPatternParser.Run> parsed = LayerPatternParser.parse(entry.text, entry.place);
            words += parsed.stream().mapToLong(run -> run.words().size()).sum();
            if (words > LayerPatternParser.MAX_LAYERS) {
                throw settings.error(
                        key, "has more than %d layers, the maximum".formatted(LayerPatternParser.MAX_LAYERS));
            }
            runs.addAll(parsed);
        }
        if (runs.isEmpty()) {
            throw settings.error(key, "must have a name, is an empty list; write a mixer or 'keep'");
        }
        return runs;
    }

    private List<LayerRatio.Share> shares() {
        return entries(RATIO).stream()
                .map(entry -> LayerRatio.Share.of(entry.text, entry.place))
                .toList();
    }

    // a list of strings, or one string
    private List<Entry> entries(String key) {
        return switch (settings.node(key)) {
            case SettingsNode.Scalar(Object text, String origin) ->
                List.of(new Entry(text.toString(), "%s: key '%s'".formatted(origin, key)));
            case SettingsNode.Items(List<SettingsNode> items, String _) -> entries(key, items);
            case SettingsNode.Section section ->
                throw settings.error(key, "must be a list of names, is " + shown(section));
        };
    }

    private static List<Entry> entries(String key, List<SettingsNode> items) {
        List<Entry> entries = new ArrayList<>();
        for (SettingsNode item : items) {
            String place = "%s: key '%s', entry %d".formatted(item.origin(), key, entries.size() + 1);
            if (!(item instanceof SettingsNode.Scalar(Object text, String _))) {
                throw new SettingsException(
                        "%s: found %s; write a name, and its settings under 'mixers'".formatted(place, shown(item)));
            }
            entries.add(new Entry(text.toString(), place));
        }
        return entries;
    }

    /** Returns a value as messages show it. */
    static String shown(SettingsNode value) {
        return switch (value) {
            case SettingsNode.Scalar(String text, String _) -> new JsonString(text).describe();
            case SettingsNode.Scalar(Object scalar, String _) -> scalar.toString();
            case SettingsNode.Items(List<SettingsNode> items, String _) -> "a list of " + items.size();
            case SettingsNode.Section _ -> "a section";
        };
    }
}
