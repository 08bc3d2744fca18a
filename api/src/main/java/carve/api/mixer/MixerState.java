package carve.api.mixer;

import carve.api.tensor.Tensor;
import java.util.Map;

/**
 * What a mixer remembers of the positions it has seen: keys and values, a recurrent state, a window. Opaque to all but its
 * mixer. It owns device memory until it is closed, and is confined to its device's thread.
 */
public interface MixerState extends AutoCloseable {
    /** Returns how many positions it has seen. */
    int position();

    /** Returns the bytes of device memory that it takes. */
    long bytes();

    /** Returns a copy that goes its own way; the caller closes it. */
    MixerState fork();

    /** Returns what it remembers, by name; the tensors are valid until the state changes. */
    Map<String, Tensor> save();

    /**
     * Makes this state remember what {@link #save} returned, at a position.
     *
     * @throws IllegalArgumentException if names or shapes are not those that this state saves
     */
    void load(Map<String, Tensor> saved, int position);

    /**
     * Returns whether {@link #truncate} is there: whether it can forget the last positions, as a cache can that has a place for
     * each. What is summed up, as a recurrent state is, cannot; going back then takes a {@link #fork} made before.
     */
    default boolean supportsTruncation() {
        return false;
    }

    /**
     * Forgets the positions from one on, as if they had never been seen.
     *
     * @param position at most that which it is at
     * @throws UnsupportedOperationException unless it {@link #supportsTruncation}
     */
    default void truncate(int position) {
        throw new UnsupportedOperationException("a %s cannot forget positions; fork it before"
                .formatted(getClass().getSimpleName()));
    }

    /** Releases its memory. */
    @Override
    void close();
}
