package carve.app.work;

import carve.api.config.Names;
import carve.api.config.Settings;
import carve.api.config.SettingsException;
import carve.api.config.SettingsNode;
import carve.api.config.TreeSettings;
import carve.api.tensor.DType;
import carve.hocon.Hocon;
import java.nio.file.Path;
import java.util.Arrays;
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
 * out     = runs/hybrid           # where the run's folders go
 * dtype   = keep                  # how the result is stored: keep (as what it began from), f32, bf16, f16
 * seed    = 42                    # of new parameters and of the order of data
 * mixers { ... }                  # the plan: mixers, and layers or repeat
 * repeat  = [keep, mamba2 x3]
 * data { type = llava, file = shapes/train.json }
 * stages  = [{ name = ..., type = ..., data { ... }, ... }, ...]
 * }</pre>
 *
 * <p>A stage's own {@code data} goes over that of the recipe. Paths are relative to the working directory. {@code -D} on the
 * command line goes over the recipe's keys.
 */
public final class Recipe {
    private static final Set<String> PLAN = Set.of("mixers", "layers", "repeat");
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
    public static Recipe read(String name, Resources resources, SettingsNode.Section overrides) {
        TreeSettings settings = new TreeSettings(overrides).over(withoutPlan(overrides, resources.find(name)));
        while (settings.has("preset")) {
            String preset = settings.string("preset");
            SettingsNode.Section own = settings.take();
            TreeSettings base = resources.find(preset);
            settings = withoutPreset(settings, own).over(withoutPlan(own, base));
        }
        SettingsNode.Section defaults = Hocon.resource(Recipe.class.getModule(), "recipe.conf")
                .orElseThrow()
                .take();
        return new Recipe(settings.over(new TreeSettings(defaults, PLAN))); // a plan is read by conversions
    }

    private static TreeSettings withoutPreset(TreeSettings settings, SettingsNode.Section own) {
        return new TreeSettings(own.without("preset"), settings.referred());
    }

    // whoever says which layers means all of them
    private static TreeSettings withoutPlan(SettingsNode.Section own, TreeSettings base) {
        boolean planned = own.members().containsKey("layers") || own.members().containsKey("repeat");
        SettingsNode.Section rest = base.take();
        return new TreeSettings(planned ? rest.without("layers").without("repeat") : rest, base.referred());
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
    public List<DType> dtype() {
        String name = settings.string("dtype");
        if (name.equals(KEEP)) {
            return List.of();
        }
        List<DType> floating =
                Arrays.stream(DType.values()).filter(DType::isFloating).toList();
        return List.of(floating.stream()
                .filter(dtype -> dtype.key().equals(name))
                .findFirst()
                .orElseThrow(() -> settings.error(
                        "dtype", "is unknown: " + Names.unknown("type", name, List.of(KEEP, "f32", "bf16", "f16")))));
    }

    /** Returns whether the recipe has a plan. */
    public boolean planned() {
        return settings.has("layers") || settings.has("repeat");
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
                ? settings.section("data").take()
                : new SettingsNode.Section(Map.of(), settings.origin());
        return new TreeSettings(stage.has("data") ? stage.section("data").take().over(all) : all);
    }
}
