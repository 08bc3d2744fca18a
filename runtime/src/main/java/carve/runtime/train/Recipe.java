package carve.runtime.train;

import carve.api.config.NameSuggestions;
import carve.api.config.Settings;
import carve.api.config.SettingsException;
import carve.api.config.SettingsNode;
import carve.api.config.TreeSettings;
import carve.api.tensor.DType;
import carve.runtime.catalog.Catalogs;
import carve.runtime.catalog.SettingsFormat;
import carve.runtime.plan.LayerPlanReader;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * A recipe: the models, data and stages of a training run.
 *
 * <pre>{@code
 * preset  = mmmamba-hybrid        # the recipe that this one changes: a preset or a file
 * teacher = models/hovle          # distill: the model to imitate
 * student = models/student        # distill: the model to train; without it the teacher is converted by the plan
 * model   = models/teacher        # train: the model to train; a folder without weights begins with initial values
 * previous-checkpoint = runs/12/student   # distill: an earlier student, whose converted layers the conversion starts from
 * out     = runs/hybrid           # where the run's folders go
 * dtype   = keep                  # how the result is stored: keep (the types of the initial model), f32, bf16, f16
 * seed    = 42                    # of new parameters and of the order of data
 * device  = auto                  # where it runs: auto, cpu, cuda or another that `carve devices` shows
 * kernels = preferred             # whether fused ops run by kernels: preferred, off or required
 * mixers { ... }                  # the plan: mixers, and layers, repeat, ratio or another project's notation
 * repeat  = [keep, mamba2 x3]
 * data { type = llava, file = shapes/train.json }
 * stages  = [{ name = ..., type = ..., data { ... }, ... }, ...]
 * }</pre>
 *
 * <p>A stage's own {@code data} overrides that of the recipe. Paths are relative to the working directory; a model may be
 * {@code hf:ORG/NAME}, which was pulled from the hub. Defaults are in
 * {@code recipe.conf} of this module.
 */
public final class Recipe {
    private static final String DEFAULTS = "recipe.conf";
    private static final String KEEP = "keep";

    private static final Set<String> DEVICE_KEYS = Set.of("device", "kernels");

    private final TreeSettings settings;

    private Recipe(TreeSettings settings) {
        this.settings = settings;
    }

    /** Returns the recipe of settings that name no preset. */
    public static Recipe of(TreeSettings settings) {
        TreeSettings defaults = SettingsFormat.installed()
                .resource(Recipe.class.getModule(), DEFAULTS)
                .orElseThrow(() -> new IllegalStateException("the module has no " + DEFAULTS));
        // the plan is read by the conversion, the device by whoever opens it
        Set<String> readElsewhere = new LinkedHashSet<>(LayerPlanReader.KEYS);
        readElsewhere.addAll(DEVICE_KEYS);
        readElsewhere.add(LayerPlanReader.PREVIOUS_CHECKPOINT);
        return new Recipe(settings.over(new TreeSettings(defaults.asTree(), readElsewhere)));
    }

    /**
     * Returns the recipe in a file.
     *
     * @throws SettingsException if it cannot be read, or names a preset that is no file
     */
    public static Recipe read(Path file) {
        SettingsFormat format = SettingsFormat.installed();
        return read(
                file.toString(),
                name -> format.file(Path.of(name)),
                new SettingsNode.Section(Map.of(), file.toString()));
    }

    /**
     * Returns the recipe of a name, over the presets that it builds on.
     *
     * @param name a file, or the name of a preset
     * @param presets returns the settings of a file or preset
     * @param overrides settings that override those of the recipe
     * @throws SettingsException if it cannot be read
     */
    public static Recipe read(String name, Function<String, TreeSettings> presets, SettingsNode.Section overrides) {
        return of(resolvePresets(name, presets, overrides));
    }

    /**
     * Returns the settings of a recipe or plan over the presets that it builds on.
     *
     * @param name a file, or the name of a preset
     * @param presets returns the settings of a file or preset
     * @param overrides settings that override those of the recipe
     * @throws SettingsException if one of them cannot be read, or presets build on each other in a circle
     */
    public static TreeSettings resolvePresets(
            String name, Function<String, TreeSettings> presets, SettingsNode.Section overrides) {
        TreeSettings settings = new TreeSettings(overrides).over(withoutPlan(overrides, presets.apply(name)));
        Set<String> seen = new LinkedHashSet<>(Set.of(name));
        while (settings.has("preset")) {
            String preset = settings.string("preset");
            if (!seen.add(preset)) {
                throw settings.error("preset", "is '%s', a cycle of presets; remove one of %s".formatted(preset, seen));
            }
            SettingsNode.Section own = settings.asTree();
            TreeSettings base = presets.apply(preset);
            settings = withoutPreset(settings, own).over(withoutPlan(own, base));
        }
        return settings;
    }

    private static TreeSettings withoutPreset(TreeSettings settings, SettingsNode.Section own) {
        return new TreeSettings(own.without("preset"), settings.referred());
    }

    // a layout replaces the whole layout of the preset
    private static TreeSettings withoutPlan(SettingsNode.Section own, TreeSettings base) {
        if (Collections.disjoint(own.members().keySet(), LayerPlanReader.LAYOUTS)) {
            return base;
        }
        SettingsNode.Section rest = base.asTree();
        for (String key : LayerPlanReader.LAYER_KEYS) {
            rest = rest.without(key);
        }
        return new TreeSettings(rest, base.referred());
    }

    /** Returns the recipe's settings. */
    public TreeSettings settings() {
        return settings;
    }

    /** Returns whether the recipe has a key. */
    public boolean has(String key) {
        return settings.has(key);
    }

    /** Returns whether the recipe distils a student from a teacher, rather than training a model on its data alone. */
    public boolean hasTeacher() {
        return settings.has("teacher");
    }

    /** Returns the path under a key. */
    public Path path(String key) {
        return settings.path(key);
    }

    /** Returns the random seed. */
    public long seed() {
        return settings.longInteger("seed");
    }

    /** Returns the type in which the result is stored; an empty list where each tensor keeps its own. */
    public List<DType> outputDtype() {
        String name = settings.string("dtype");
        if (name.equals(KEEP)) {
            return List.of();
        }
        List<DType> floating = Arrays.stream(DType.values())
                .filter(dtype -> dtype.isFloating() && !dtype.isQuantised() && !dtype.isFloat8())
                .toList();
        return List.of(floating.stream()
                .filter(dtype -> dtype.key().equals(name))
                .findFirst()
                .orElseThrow(() -> settings.error(
                        "dtype",
                        "is unknown: " + NameSuggestions.unknown("type", name, List.of(KEEP, "f32", "bf16", "f16")))));
    }

    /** Returns whether the recipe has a layer plan. */
    public boolean hasPlan() {
        return LayerPlanReader.LAYOUTS.stream().anyMatch(settings::has);
    }

    /**
     * Returns the stages. The steps of those whose length is in tokens are not known before their data is opened, and are nominal.
     *
     * @throws SettingsException if one is wrong, or two have one name
     */
    public List<TrainingStage> stages(Catalogs catalogs) {
        return RecipeStage.of(this, catalogs).stream().map(RecipeStage::stage).toList();
    }

    /** Returns the sections of the stages. */
    List<Settings> stages() {
        List<Settings> stages = settings.sections("stages");
        if (stages.isEmpty()) {
            throw settings.error("stages", "must list at least one stage");
        }
        return stages;
    }

    /** Returns the data section of a stage over that of the recipe. */
    Settings data(Settings stage) {
        SettingsNode.Section all = settings.has("data")
                ? settings.section("data").asTree()
                : new SettingsNode.Section(Map.of(), settings.origin());
        return new TreeSettings(
                stage.has("data") ? stage.section("data").asTree().over(all) : all);
    }
}
