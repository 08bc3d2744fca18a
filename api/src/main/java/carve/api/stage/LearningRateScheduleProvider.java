package carve.api.stage;

import carve.api.config.Settings;

/** A factory of learning rate schedules of one kind; found by {@link java.util.ServiceLoader}. */
public interface LearningRateScheduleProvider {
    /** Returns the name that recipes know the schedule by, {@code [a-z][a-z0-9-]*}. */
    String name();

    /**
     * Returns a schedule.
     *
     * @param steps the number of steps of the run
     * @throws carve.api.config.SettingsException if a setting is wrong
     */
    LearningRateSchedule create(Settings settings, long steps);
}
