package carve.cpu.blas;

import carve.api.device.DeviceException;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * {@link OneDnnEngine}, started when the first large product asks for it: starting takes some milliseconds and, once on a machine,
 * unpacks ninety megabytes. Used by one thread.
 */
public final class LazyOneDnn implements AutoCloseable {
    private final Supplier<OneDnnEngine> start;
    private boolean tried;
    private Optional<OneDnnEngine> started = Optional.empty();
    private String reason = "";

    /** Makes a holder of the library on the class path. */
    public LazyOneDnn() {
        this(OneDnnEngine::new);
    }

    /** Makes a holder of what something else starts. */
    public LazyOneDnn(Supplier<OneDnnEngine> start) {
        this.start = start;
    }

    /** Returns the library, if it starts here. */
    public Optional<OneDnnEngine> engine() {
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
    public String reason() {
        return reason;
    }

    @Override
    public void close() {
        started.ifPresent(OneDnnEngine::close);
        started = Optional.empty();
    }
}
