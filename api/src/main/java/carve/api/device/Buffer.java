package carve.api.device;

/**
 * Memory of a device that holds the values of one tensor. It is closed by its scope or its owner; closing it again has no
 * effect.
 */
public interface Buffer extends AutoCloseable {
    /** Returns the number of bytes it takes. */
    long bytes();

    /** Releases the memory. */
    @Override
    void close();
}
