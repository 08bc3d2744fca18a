package carve.data;

import carve.api.config.Settings;
import carve.api.data.Dataset;
import carve.api.data.DatasetContext;
import carve.api.data.DatasetProvider;
import carve.api.text.Processor;

/** The provider of the data {@code chat}: conversations in JSON lines and Parquet. */
public final class ChatDataProvider implements DatasetProvider {
    /** Makes the provider. */
    public ChatDataProvider() {}

    @Override
    public String name() {
        return "chat";
    }

    @Override
    public Dataset open(Settings settings, Processor processor, long seed) {
        return open(settings, new DatasetContext(processor, seed));
    }

    @Override
    public Dataset open(Settings settings, DatasetContext context) {
        DataConfig config = DataConfig.from(settings, System.getenv());
        if (config.overlong() == Overlong.SPLIT) {
            throw settings.error("overlong", "must be truncate or skip: a conversation is not cut into several");
        }
        return new Corpus(name(), config, ChatEncoder.of(settings, context.processor()), context).open();
    }
}
