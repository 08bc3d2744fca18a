package carve.runtime.eval;

import carve.api.stage.ProgressListener;
import carve.runtime.engine.Completion;
import carve.runtime.engine.TokenListener;

/** The progress of an evaluation, answer by answer. */
public final class CompletionProgress implements TokenListener {
    private final ProgressListener listener;
    private final long total;
    private long done;

    /**
     * Makes the progress of the next answers.
     *
     * @param done the answers before them
     * @param total all answers of the evaluation
     */
    public CompletionProgress(ProgressListener listener, long done, long total) {
        this.listener = listener;
        this.done = done;
        this.total = total;
    }

    @Override
    public void onToken(int request, int token) {
        // only whole answers count
    }

    @Override
    public void onCompletion(int request, Completion completion) {
        listener.step(++done, total);
    }
}
