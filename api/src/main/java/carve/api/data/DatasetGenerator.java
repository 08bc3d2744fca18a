package carve.api.data;

import carve.api.config.Settings;
import carve.api.stage.ProgressListener;
import carve.api.stage.StageException;
import java.nio.file.Path;

/** Makes a data set from a seed; found by {@link java.util.ServiceLoader}. */
public interface DatasetGenerator {
    /** Returns the name that {@code carve data NAME} knows the data set by, {@code [a-z][a-z0-9-]*}. */
    String name();

    /** Returns what the data set holds, in one sentence. */
    String description();

    /**
     * Writes the data set. The same settings give the same files, byte for byte. Settings are read, and what is wrong with
     * them told, before a file is written.
     *
     * @param settings what is set over the defaults in {@code carve.generators.NAME}
     * @param folder where it goes; made if it is not there
     * @param progressListener is told of every sample; the loss and the rate are 0
     * @throws carve.api.config.SettingsException if a setting is wrong
     * @throws StageException if a file cannot be written
     */
    void generate(Settings settings, Path folder, ProgressListener progressListener);
}
