package carve.data;

import carve.api.config.Settings;
import carve.api.data.Dataset;
import carve.api.data.DatasetContext;
import carve.api.data.DatasetProvider;
import carve.api.text.Processor;

/** The provider of the data {@code text}: documents in plain files, JSON lines and Parquet. */
public final class TextDataProvider implements DatasetProvider {
    /** Makes the provider. */
    public TextDataProvider() {}

    @Override
    public String name() {
        return "text";
    }

    @Override
    public Dataset open(Settings settings, Processor processor, long seed) {
        return open(settings, new DatasetContext(processor, seed));
    }

    @Override
    public Dataset open(Settings settings, DatasetContext context) {
        DataConfig config = DataConfig.from(settings, System.getenv());
        return new Corpus(name(), config, TextEncoder.of(settings, context.processor()), context).open();
    }
}
