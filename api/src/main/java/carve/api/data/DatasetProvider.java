package carve.api.data;

import carve.api.config.Settings;
import carve.api.text.Processor;

/** Opens data of one kind; found by {@link java.util.ServiceLoader}. */
public interface DatasetProvider {
    /** Returns the name that recipes know the data by, {@code [a-z][a-z0-9-]*}. */
    String name();

    /**
     * Opens the data that settings describe.
     *
     * @param processor makes samples of conversations
     * @param seed of the order
     */
    Dataset open(Settings settings, Processor processor, long seed);

    /**
     * Opens the data that settings describe, and shows what takes long. Unless overridden, nothing does.
     *
     * @throws carve.api.config.SettingsException if a setting is wrong, or the data cannot be used; the message names all of it
     */
    default Dataset open(Settings settings, DatasetContext context) {
        return open(settings, context.processor(), context.seed());
    }
}
