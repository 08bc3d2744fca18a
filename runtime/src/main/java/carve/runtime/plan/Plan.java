package carve.runtime.plan;

import carve.api.config.SettingsNode;
import carve.api.config.TreeSettings;
import carve.api.model.LayerPlan;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntFunction;

/** A plan for the layers of a model, which may depend on how many there are, as in {@code repeat = [keep, mamba2 x3]}. Immutable. */
public final class Plan {
    private final IntFunction<LayerPlan> layers;
    private final List<Path> previousCheckpoints;

    private Plan(IntFunction<LayerPlan> layers, List<Path> previousCheckpoints) {
        this.layers = layers;
        this.previousCheckpoints = List.copyOf(previousCheckpoints);
    }

    /** Returns the plan in settings, as {@link LayerPlanReader} reads it; they may be those of a whole recipe. */
    public static Plan of(TreeSettings settings) {
        String previous = LayerPlanReader.PREVIOUS_CHECKPOINT;
        return new Plan(
                count -> LayerPlanReader.readRecipe(settings, count),
                settings.has(previous) ? List.of(settings.path(previous)) : List.of());
    }

    /** Returns the plan that another project's configuration describes. */
    public static Plan of(ExternalHybridConfig config) {
        SettingsNode.Section noWords =
                new SettingsNode.Section(Map.of(), config.file().toString());
        return new Plan(count -> config.plan(noWords, OptionalInt.of(count)), List.of());
    }

    /** Returns a plan that names the mixer of every layer. */
    public static Plan of(LayerPlan plan) {
        return new Plan(_ -> plan, List.of());
    }

    /** Returns this plan with a format of the student's configuration. */
    public Plan withFormat(String format) {
        return new Plan(count -> layers.apply(count).withFormat(format), previousCheckpoints);
    }

    /**
     * Returns the mixers of a model's layers.
     *
     * @param modelLayers the number of the model's layers
     * @throws carve.api.config.SettingsException if the plan is wrong, or one for another number of layers
     */
    public LayerPlan layers(int modelLayers) {
        return layers.apply(modelLayers);
    }

    /** Returns the folder of an earlier student whose converted layers are copied, if the plan names one. */
    public Optional<Path> previousCheckpoint() {
        return previousCheckpoints.stream().findFirst();
    }
}
