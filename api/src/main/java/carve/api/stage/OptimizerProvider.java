package carve.api.stage;

import carve.api.config.Settings;

/** Makes optimizers of one kind; found by {@link java.util.ServiceLoader}. */
public interface OptimizerProvider {
    /** Returns the name that recipes know the optimizer by, {@code [a-z][a-z0-9-]*}. */
    String name();

    /** Returns an optimizer. */
    Optimizer create(Settings settings);
}
