package carve.cpu;

import carve.api.device.DeviceException;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * {@link OneDnn}, started when the first large product asks for it: starting takes some milliseconds and, once on a machine,
 * unpacks ninety megabytes. Used by one thread.
 */
final class LazyOneDnn implements AutoCloseable {
    private final Supplier<OneDnn> start;
    private boolean tried;
    private Optional<OneDnn> started = Optional.empty();
    private String reason = "";

    LazyOneDnn() {
        this(OneDnn::new);
    }

    /** Makes a holder of what something else starts. */
    LazyOneDnn(Supplier<OneDnn> start) {
        this.start = start;
    }

    /** Returns the library, if it starts here. */
    Optional<OneDnn> library() {
        if (!tried) {
            tried = true;
            try {
                started = Optional.of(start.get());
            } catch (LinkageError | RuntimeException e) { // what a missing library throws depends on what is missing
                reason = e instanceof DeviceException ? e.getMessage() : e.toString();
            }
        }
        return started;
    }

    /** Returns why it does not start; empty where it does. */
    String reason() {
        return reason;
    }

    @Override
    public void close() {
        started.ifPresent(OneDnn::close);
        started = Optional.empty();
    }
}
