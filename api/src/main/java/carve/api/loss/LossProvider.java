package carve.api.loss;

import carve.api.config.Settings;

/** A factory of losses of one kind; found by {@link java.util.ServiceLoader}. */
public interface LossProvider {
    /** Returns the name that recipes know the loss by, {@code [a-z][a-z0-9-]*}. */
    String name();

    /**
     * Returns a loss.
     *
     * @throws carve.api.config.SettingsException if a setting is wrong
     */
    Loss create(Settings settings);
}
