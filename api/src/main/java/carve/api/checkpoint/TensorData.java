package carve.api.checkpoint;

import carve.api.tensor.TensorType;
import java.lang.foreign.MemorySegment;

/**
 * A tensor's type together with its values.
 *
 * @param type storage type and shape
 * @param data the values, dense, row-major, little-endian
 */
public record TensorData(TensorType type, MemorySegment data) {
    /**
     * Checks that the values are as many bytes as the type says.
     *
     * @throws CheckpointException if they are not
     */
    public TensorData {
        if (data.byteSize() != type.bytes()) {
            throw new CheckpointException("%s takes %d bytes, found %d".formatted(type, type.bytes(), data.byteSize()));
        }
    }
}
