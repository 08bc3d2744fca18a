package carve.api.stage;

/** Is told how long work goes on. */
@FunctionalInterface
public interface ProgressListener {
    /** Tells nobody. */
    ProgressListener NONE = (done, total, loss, rate) -> {};

    /**
     * Tells of a step.
     *
     * @param done steps done, of total
     * @param total steps in all
     * @param loss the step's loss
     * @param rate the step's learning rate
     */
    void step(long done, long total, double loss, double rate);
}
