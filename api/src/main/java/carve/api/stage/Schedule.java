package carve.api.stage;

/** The learning rate over a run, as a factor of the peak rate: a pure function of the step. */
@FunctionalInterface
public interface Schedule {
    /** Returns the factor of a step, counted from 0. */
    double factor(long step);
}
