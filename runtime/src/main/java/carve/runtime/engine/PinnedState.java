package carve.runtime.engine;

import carve.api.checkpoint.TensorSource;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A model's state after a prefix that stays in the {@link PrefixCache} until this is closed. A request whose prompt begins with the
 * prefix goes on from it. Immutable; safe for several threads.
 */
public final class PinnedState implements AutoCloseable {
    private final PrefixCache cache;
    private final StateSnapshot snapshot;
    private final Prompt prefix;
    private final AtomicBoolean closed = new AtomicBoolean();

    PinnedState(PrefixCache cache, StateSnapshot snapshot, Prompt prefix) {
        this.cache = cache;
        this.snapshot = snapshot;
        this.prefix = prefix;
    }

    /** Returns the tokens and images that the model has seen. */
    public Prompt prefix() {
        return prefix;
    }

    /** Returns how many positions that is. */
    public int position() {
        return snapshot.position();
    }

    /** Returns the bytes of the state's tensors. */
    public long bytes() {
        return snapshot.bytes();
    }

    /** Returns the state's tensors, named {@code LAYER.NAME}; valid until this is closed. */
    public TensorSource tensors() {
        return snapshot.tensors();
    }

    /** Pins the state once more, and returns what the caller closes. */
    public PinnedState share() {
        cache.pinAgain(snapshot.key());
        return new PinnedState(cache, snapshot, prefix);
    }

    @Override
    public void close() {
        if (!closed.getAndSet(true)) {
            cache.release(snapshot.key());
        }
    }
}
