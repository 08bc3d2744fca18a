package carve.app.bench;

import carve.api.model.LayerPlan;
import carve.app.plugin.Presets;
import carve.app.train.PlanLoader;
import carve.runtime.catalog.Catalogs;
import carve.runtime.model.RandomModel;
import carve.runtime.plan.LayerPlanReader;

/** A model argument that asks for random weights, {@code shape:NAME} or {@code shape:NAME+PLAN}. */
public final class RandomModelArgument {
    /** The prefix of such arguments. */
    public static final String PREFIX = "shape:";

    private RandomModelArgument() {}

    /**
     * Returns the model of a name: that of a published configuration, or, with a plus and a plan (a preset or a file) after it,
     * the student that the plan describes.
     *
     * @param name without the prefix, such as {@code mamba2-130m} or {@code hovle-2.7b+mmmamba-linear}
     */
    public static RandomModel parse(String name, Catalogs catalogs, Presets presets, long seed) {
        String[] parts = name.split("\\+", 2);
        RandomModel model = RandomModel.of(parts[0], catalogs, seed);
        if (parts.length == 1) {
            return model;
        }
        LayerPlan plan = LayerPlanReader.readRecipe(
                PlanLoader.load(parts[1], presets), model.spec().layers().size());
        return model.converted(plan, catalogs.mixerCatalog());
    }
}
