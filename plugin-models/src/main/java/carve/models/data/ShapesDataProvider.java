package carve.models.data;

import carve.api.config.Settings;
import carve.api.data.Dataset;
import carve.api.data.DatasetProvider;
import carve.api.text.Processor;
import java.util.EnumMap;
import java.util.Map;

/**
 * The provider of the data {@code shapes}: the scenes and questions of the generated data set, made when they are read.
 */
public final class ShapesDataProvider implements DatasetProvider {
    /** Makes the provider. */
    public ShapesDataProvider() {}

    @Override
    public String name() {
        return "shapes";
    }

    @Override
    public Dataset open(Settings settings, Processor processor, long seed) {
        ShapesConfig config = ShapesConfig.from(settings);
        Map<QuestionKind, Double> shares = shares(settings.section("question-weights"));
        int turns = settings.integer("turns");
        if (turns < 1) {
            throw settings.error("turns", "must be positive, is " + turns);
        }
        return new ShapesDataSource(new ShapesDataset(config), shares, turns, processor, seed);
    }

    private static Map<QuestionKind, Double> shares(Settings settings) {
        Map<QuestionKind, Double> shares = new EnumMap<>(QuestionKind.class);
        for (QuestionKind kind : QuestionKind.values()) {
            double share = settings.real(kind.word());
            if (!(share >= 0 && share < Double.POSITIVE_INFINITY)) {
                throw settings.error(kind.word(), "must be 0 or more, is " + share);
            }
            shares.put(kind, share);
        }
        if (shares.get(QuestionKind.DESCRIPTION) + shares.get(QuestionKind.EXISTENCE) + shares.get(QuestionKind.COUNT)
                == 0) {
            throw settings.error(
                    "description",
                    "and 'existence' and 'count' must not all be 0, since some scenes have no other question");
        }
        return shares;
    }
}
