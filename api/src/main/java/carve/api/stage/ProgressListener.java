package carve.api.stage;

/** A listener for the progress of long work. */
@FunctionalInterface
public interface ProgressListener {
    /** A listener that does nothing. */
    ProgressListener NONE = (done, total, loss, rate) -> {};

    /**
     * Receives a finished step.
     *
     * @param done steps done, of total
     * @param total steps in all
     * @param loss the step's loss
     * @param rate the step's learning rate
     */
    void step(long done, long total, double loss, double rate);

    /**
     * Receives a finished step of work that has no loss.
     *
     * @param done steps done, of total
     * @param total steps in all
     */
    default void step(long done, long total) {
        step(done, total, 0, 0);
    }
}
