package carve.app.train;

import carve.api.config.NameSuggestions;
import carve.api.config.Settings;
import carve.api.config.SettingsException;
import carve.api.config.SettingsNode;
import carve.api.config.TreeSettings;
import carve.api.tensor.DType;
import carve.app.plugin.Presets;
import carve.app.wiring.AppConfig;
import carve.app.wiring.GlobalOptions;
import carve.hocon.Hocon;
import carve.runtime.device.DeviceSelector;
import carve.runtime.plan.LayerPlanReader;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a run of training does, in HOCON.
 *
 * <pre>{@code
 * preset  = mmmamba-hybrid        # what the recipe does not say; a preset or a file
 * teacher = models/hovle          # distill: who is learnt from
 * student = models/student        # distill: who learns; without it the teacher is converted by the plan
 * model   = models/teacher        # train: who learns; a folder without weights begins with initial values
 * previous-checkpoint = runs/12/student   # distill: an earlier student, whose converted layers the conversion goes on from
 * out     = runs/hybrid           # where the run's folders go
 * dtype   = keep                  # how the result is stored: keep (as what it began from), f32, bf16, f16
 * seed    = 42                    # of new parameters and of the order of data
 * device  = auto                  # where it runs, unless --device says: auto, cpu, cuda or another that `carve devices` shows
 * kernels = preferred             # likewise, unless --require says: preferred, off or required
 * mixers { ... }                  # the plan: mixers, and layers, repeat, ratio or another project's notation
 * repeat  = [keep, mamba2 x3]
 * data { type = llava, file = shapes/train.json }
 * stages  = [{ name = ..., type = ..., data { ... }, ... }, ...]
 * }</pre>
 *
 * <p>A stage's own {@code data} goes over that of the recipe. Paths are relative to the working directory. {@code -D} on the
 * command line goes over the recipe's keys.
 */
public final class Recipe {
    private static final String KEEP = "keep";

    private final TreeSettings settings;

    private Recipe(TreeSettings settings) {
        this.settings = settings;
    }

    /**
     * Reads a recipe: a file, or the name of a preset.
     *
     * @param overrides what goes over it
     * @throws SettingsException if it cannot be read
     */
    public static Recipe read(String name, Presets presets, SettingsNode.Section overrides) {
        TreeSettings settings = resolvePresets(name, presets, overrides);
        SettingsNode.Section defaults = Hocon.parseResource(Recipe.class.getModule(), "recipe.conf")
                .orElseThrow()
                .asTree();
        Set<String> ofConversions = new LinkedHashSet<>(LayerPlanReader.KEYS);
        ofConversions.add(LayerPlanReader.PREVIOUS_CHECKPOINT);
        return new Recipe(settings.over(new TreeSettings(defaults, ofConversions))); // read by conversions
    }

    /** Returns the settings of a file or preset over those that it builds on. */
    static TreeSettings resolvePresets(String name, Presets presets, SettingsNode.Section overrides) {
        TreeSettings settings = new TreeSettings(overrides).over(withoutPlan(overrides, presets.load(name)));
        Set<String> seen = new LinkedHashSet<>(Set.of(name));
        while (settings.has("preset")) {
            String preset = settings.string("preset");
            if (!seen.add(preset)) {
                throw settings.error(
                        "preset", "is '%s', which builds on itself; remove one of %s".formatted(preset, seen));
            }
            SettingsNode.Section own = settings.asTree();
            TreeSettings base = presets.load(preset);
            settings = withoutPreset(settings, own).over(withoutPlan(own, base));
        }
        return settings;
    }

    private static TreeSettings withoutPreset(TreeSettings settings, SettingsNode.Section own) {
        return new TreeSettings(own.without("preset"), settings.referred());
    }

    // whoever says which layers means all of them
    private static TreeSettings withoutPlan(SettingsNode.Section own, TreeSettings base) {
        if (Collections.disjoint(own.members().keySet(), LayerPlanReader.LAYOUTS)) {
            return base;
        }
        SettingsNode.Section rest = base.asTree().without("at").without("words");
        for (String key : LayerPlanReader.LAYOUTS) {
            rest = rest.without(key);
        }
        return new TreeSettings(rest, base.referred());
    }

    /** Returns the recipe's settings, in which what was not read can be found. */
    public TreeSettings settings() {
        return settings;
    }

    /** Returns whether there is a key. */
    public boolean has(String key) {
        return settings.has(key);
    }

    /** Returns the path under a key. */
    public Path path(String key) {
        return Path.of(settings.string(key));
    }

    /** Returns the seed. */
    public long seed() {
        return settings.longInteger("seed");
    }

    /** Returns the type in which the result is stored; nothing where each tensor keeps its own. */
    public List<DType> outputDtype() {
        String name = settings.string("dtype");
        if (name.equals(KEEP)) {
            return List.of();
        }
        List<DType> floating = Arrays.stream(DType.values())
                .filter(dtype -> dtype.isFloating() && !dtype.isQuantised())
                .toList();
        return List.of(floating.stream()
                .filter(dtype -> dtype.key().equals(name))
                .findFirst()
                .orElseThrow(() -> settings.error(
                        "dtype",
                        "is unknown: " + NameSuggestions.unknown("type", name, List.of(KEEP, "f32", "bf16", "f16")))));
    }

    /** Returns whether the recipe has a plan. */
    public boolean hasPlan() {
        return LayerPlanReader.LAYOUTS.stream().anyMatch(settings::has);
    }

    /** Returns the device that the recipe asks for as {@link #device(TreeSettings, DeviceSelector, GlobalOptions)} does. */
    public DeviceSelector device(DeviceSelector usual, GlobalOptions given) {
        return device(settings, usual, given);
    }

    /**
     * Returns the device that settings ask for, where the command line does not.
     *
     * @param settings a recipe's, or a plan's
     * @param usual what is taken where neither says
     */
    public static DeviceSelector device(TreeSettings settings, DeviceSelector usual, GlobalOptions given) {
        String key = "kernels";
        DeviceSelector named = settings.has("device") && given.device().isEmpty()
                ? usual.with(namedDevice(settings, usual.devices().names()))
                : usual;
        return settings.has(key) && given.kernels().isEmpty()
                ? named.with(AppConfig.kernels(settings.string(key), settings.origin(key) + ": key '" + key + "'"))
                : named;
    }

    private static String namedDevice(TreeSettings settings, Set<String> installed) {
        String name = settings.string("device");
        if (!name.equals(DeviceSelector.AUTO) && !installed.contains(name)) {
            throw new SettingsException("%s: key 'device': %s; 'auto' takes one that is available"
                    .formatted(settings.origin("device"), NameSuggestions.unknown("device", name, installed)));
        }
        return name;
    }

    /** Returns the sections of the stages. */
    public List<Settings> stages() {
        List<Settings> stages = settings.sections("stages");
        if (stages.isEmpty()) {
            throw settings.error("stages", "must have a stage");
        }
        return stages;
    }

    /** Returns what a stage says of its data over what the recipe says. */
    public Settings data(Settings stage) {
        SettingsNode.Section all = settings.has("data")
                ? settings.section("data").asTree()
                : new SettingsNode.Section(Map.of(), settings.origin());
        return new TreeSettings(
                stage.has("data") ? stage.section("data").asTree().over(all) : all);
    }
}
