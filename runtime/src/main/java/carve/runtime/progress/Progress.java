package carve.runtime.progress;

import carve.api.stage.ProgressListener;

/** A factory of progress listeners, one for each phase of long work, such as a stage of a recipe. */
@FunctionalInterface
public interface Progress {
    /** A factory of listeners that do nothing. */
    Progress NONE = of((phase, done, total, loss) -> {});

    /** The unit of phases whose steps are bytes; they are shown as {@code 1.5 GiB}. */
    String BYTES = "bytes";

    /** A listener for one phase. It is closed at the end of the phase, whether or not the phase succeeded. */
    interface Phase extends ProgressListener, AutoCloseable {
        /** Shows a line about the work, such as a measurement. */
        default void message(String line) {}

        @Override
        void close();
    }

    /** A callback for the steps of all phases. */
    @FunctionalInterface
    interface StepListener {
        /**
         * Receives a finished step.
         *
         * @param phase the phase's name, such as that of a stage
         * @param done steps finished in this phase
         * @param total steps of this phase
         * @param loss the step's loss; 0 for work without one
         */
        void step(String phase, long done, long total, double loss);
    }

    /**
     * Returns the listener for a phase that begins; the caller closes it.
     *
     * @param phase the phase's name
     * @param unit what its steps are, in the plural, such as {@code tensors}
     */
    Phase begin(String phase, String unit);

    /** Returns a factory that reports the steps of all phases to one callback. */
    static Progress of(StepListener listener) {
        return (phase, _) -> new Phase() {
            @Override
            public void step(long done, long total, double loss, double rate) {
                listener.step(phase, done, total, loss);
            }

            @Override
            public void close() {
                // the callback has nothing to end
            }
        };
    }
}
