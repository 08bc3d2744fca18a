package carve.data;

import carve.api.config.Settings;
import carve.api.config.SettingsNode;
import carve.api.config.TreeSettings;
import carve.api.data.Dataset;
import carve.api.data.DatasetContext;
import carve.api.data.DatasetProvider;
import carve.api.text.Processor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The provider of the data {@code mix}: several data sets, mixed by weight. */
public final class MixDataProvider implements DatasetProvider {
    private static final String WEIGHT = "weight";

    /** Makes the provider. */
    public MixDataProvider() {}

    @Override
    public String name() {
        return "mix";
    }

    @Override
    public Dataset open(Settings settings, Processor processor, long seed) {
        return open(settings, new DatasetContext(processor, seed));
    }

    @Override
    public Dataset open(Settings settings, DatasetContext context) {
        List<Settings> sections = settings.sections("sets");
        if (sections.isEmpty()) {
            throw settings.error("sets", "must have at least one data set");
        }
        boolean repeat = settings.flag("repeat");
        List<Double> weights = sections.stream().map(MixDataProvider::weight).toList();
        List<Dataset> sets = new ArrayList<>();
        try {
            for (int i = 0; i < sections.size(); i++) {
                sets.add(context.opener().open(withoutWeight(sections.get(i)), context.withSeed(context.seed() + i)));
            }
            return new MixedDataset(sets, new MixOrder(weights, context.seed()), repeat);
        } catch (RuntimeException e) {
            sets.forEach(Dataset::close);
            throw e;
        }
    }

    private static double weight(Settings section) {
        double weight = section.real(WEIGHT);
        if (!(weight > 0 && weight < Double.POSITIVE_INFINITY)) {
            throw section.error(WEIGHT, "must be more than 0, is " + weight);
        }
        return weight;
    }

    private static Settings withoutWeight(Settings section) {
        SettingsNode.Section tree = section.asTree();
        Map<String, SettingsNode> members = new LinkedHashMap<>(tree.members());
        members.remove(WEIGHT);
        return new TreeSettings(new SettingsNode.Section(members, tree.origin()));
    }
}
