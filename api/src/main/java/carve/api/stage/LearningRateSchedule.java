package carve.api.stage;

/**
 * The learning rate over a run, as a factor of the peak rate: a pure function of the step. Its {@code toString} contains its
 * settings (as that of a record does): a run can be resumed only with the same.
 */
@FunctionalInterface
public interface LearningRateSchedule {
    /** Returns the factor of a step, counted from 0. */
    double factor(long step);
}
