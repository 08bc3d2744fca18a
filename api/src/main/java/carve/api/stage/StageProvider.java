package carve.api.stage;

import carve.api.config.Settings;

/** Makes stages of one kind; found by {@link java.util.ServiceLoader}. */
public interface StageProvider {
    /** Returns the name that recipes know the stage by, {@code [a-z][a-z0-9-]*}. */
    String name();

    /** Returns a stage; losses, optimizer and schedule come from the parts. */
    Stage create(Settings settings, StageComponents parts);
}
