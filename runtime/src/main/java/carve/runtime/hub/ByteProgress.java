package carve.runtime.hub;

import carve.api.stage.ProgressListener;
import java.util.function.LongConsumer;

/** The progress of several downloads as one. Any thread may add to it. */
final class ByteProgress implements LongConsumer {
    private final ProgressListener listener;
    private final long total;
    private long done;

    ByteProgress(ProgressListener listener, long done, long total) {
        this.listener = listener;
        this.done = done;
        this.total = total;
        listener.step(done, total, 0, 0);
    }

    @Override
    public synchronized void accept(long bytes) {
        done += bytes;
        listener.step(done, total, 0, 0);
    }
}
