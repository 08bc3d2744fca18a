package carve.runtime.train;

import carve.api.config.Settings;
import carve.api.data.Dataset;
import carve.api.data.DatasetContext;
import carve.api.data.DatasetProvider;
import carve.api.text.Processor;
import carve.runtime.catalog.Catalogs;
import carve.runtime.progress.Progress;

/** Opens the data sets that settings describe. */
public final class Datasets {
    private Datasets() {}

    /**
     * Opens the data set of a section with its {@code type}.
     *
     * @param processor makes tokens of texts and samples of conversations
     * @param seed of the order
     * @param progress shows what takes long, such as tokenising
     * @throws carve.api.config.SettingsException if a setting is wrong, or the data cannot be used
     */
    public static Dataset open(
            Catalogs catalogs, Settings settings, Processor processor, long seed, Progress progress) {
        DatasetContext.Phases phases = (name, unit, work) -> {
            try (Progress.Phase phase = progress.begin(name, unit)) {
                work.accept(phase);
            }
        };
        return open(
                catalogs,
                settings,
                new DatasetContext(processor, seed, phases, (section, context) -> open(catalogs, section, context)));
    }

    private static Dataset open(Catalogs catalogs, Settings settings, DatasetContext context) {
        return catalogs.data()
                .create(settings, (DatasetProvider provider, Settings own) -> provider.open(own, context));
    }
}
