package carve.api.checkpoint;

import carve.api.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Set;

/**
 * Named tensors that can be read: a file, a folder of files, or a view of one under other names.
 *
 * <p>Values are dense, row-major and little-endian, at no particular alignment. Whoever opened the source closes it; segments
 * are valid until then. A source may be read by several threads.
 */
public interface TensorSource extends AutoCloseable {
    /** Returns the names in the order in which the tensors are best read; unmodifiable. */
    Set<String> names();

    /**
     * Returns the type of a tensor.
     *
     * @throws CheckpointException if there is no such tensor
     */
    TensorType type(String name);

    /**
     * Returns the values of a tensor, {@code type(name).bytes()} bytes, read-only. They are a view where they lie in one
     * piece, else a copy that the collector frees.
     *
     * @throws CheckpointException if there is no such tensor
     */
    MemorySegment data(String name);

    /**
     * Returns the values of a tensor in pieces that follow each other, without copying any. Writers use this.
     *
     * @throws CheckpointException if there is no such tensor
     */
    default List<MemorySegment> pieces(String name) {
        return List.of(data(name));
    }

    /** Returns what messages call the source: its file or folder, if it has one. */
    default String label() {
        return "tensors";
    }

    /** Invalidates all segments; a view of another source does nothing. */
    @Override
    default void close() {}
}
