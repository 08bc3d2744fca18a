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
}
