package carve.api.stage;

import carve.api.config.Settings;

/** A factory of optimizers of one kind; found by {@link java.util.ServiceLoader}. */
public interface OptimizerProvider {
    /** Returns the name that recipes know the optimizer by, {@code [a-z][a-z0-9-]*}. */
    String name();

    /**
     * Returns an optimizer.
     *
     * @throws carve.api.config.SettingsException if a setting is wrong
     */
    Optimizer create(Settings settings);
}
