package carve.api.device;

/** Memory of a device that holds the values of one tensor. Closed by its scope, or by who keeps it; closing twice does nothing. */
public interface Buffer extends AutoCloseable {
    /** Returns the number of bytes it takes. */
    long bytes();

    /** Releases the memory. */
    @Override
    void close();
}
