package carve.api.stage;

import carve.api.config.Settings;

/** A factory of stages of one kind; found by {@link java.util.ServiceLoader}. */
public interface StageProvider {
    /** Returns the name that recipes know the stage by, {@code [a-z][a-z0-9-]*}. */
    String name();

    /**
     * Returns a stage.
     *
     * @param settings the stage's section of a recipe over {@code carve.stages.NAME} of the {@code reference.conf}; the keys
     *     that all stages have (steps, optimizer, schedule, batches, checkpoints, metrics) are read by the runtime
     * @param components makes the losses of sections
     * @throws carve.api.config.SettingsException if a setting is wrong
     */
    Stage create(Settings settings, StageComponents components);
}
