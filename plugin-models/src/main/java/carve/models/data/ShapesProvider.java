package carve.models.data;

import carve.api.config.Settings;
import carve.api.model.Processor;
import carve.api.stage.DataProvider;
import carve.api.stage.DataSource;

/** Opens the data {@code shapes}: the same scenes and questions as the data set, made as they are asked for. */
public final class ShapesProvider implements DataProvider {
    /** Makes the provider. */
    public ShapesProvider() {}

    @Override
    public String name() {
        return "shapes";
    }

    @Override
    public DataSource open(Settings settings, Processor processor, long seed) {
        ShapesConfig config = ShapesConfig.from(settings);
        double descriptions = settings.real("description-share");
        if (!(descriptions >= 0 && descriptions <= 1)) {
            throw settings.error("description-share", "must be from 0 to 1, is " + descriptions);
        }
        int turns = settings.integer("turns");
        if (turns < 1) {
            throw settings.error("turns", "must be positive, is " + turns);
        }
        return new ShapesSource(new ShapesData(config), descriptions, turns, processor, seed);
    }
}
