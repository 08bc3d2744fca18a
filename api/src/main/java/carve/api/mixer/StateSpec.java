package carve.api.mixer;

import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.TensorType;
import java.util.stream.IntStream;

/**
 * A tensor that a mixer remembers for each sequence, declared by {@link Mixer#state}: its name, its shape for one sequence
 * and the type that it is stored in. It begins as zeros.
 *
 * @param name the name that the mixer reads and writes it by
 * @param shape for one sequence, or for one position of a sequence
 * @param dtype the storage type; the mixer sees fixed-size tensors as F32 whatever it is
 * @param perPosition whether there is one such value for each position seen, as keys and values of attention have
 */
public record StateSpec(String name, Shape shape, DType dtype, boolean perPosition) {
    /** Returns a tensor of a fixed size, such as the state of a scan, stored as F32. */
    public static StateSpec fixed(String name, int... extents) {
        return new StateSpec(name, Shape.of(extents), DType.F32, false);
    }

    /** Returns a tensor that has a value of this shape for each position, such as a KV cache, stored as F32. */
    public static StateSpec perPosition(String name, int... extents) {
        return new StateSpec(name, Shape.of(extents), DType.F32, true);
    }

    /** Returns the same tensor in another storage type. */
    public StateSpec storedAs(DType other) {
        return new StateSpec(name, shape, other, perPosition);
    }

    /** Returns the type {@code (B, ...)} or, with a value for each position, {@code (B, positions, ...)}. */
    TensorType type(int batch, int positions) {
        IntStream leading = perPosition ? IntStream.of(batch, positions) : IntStream.of(batch);
        IntStream own = IntStream.range(0, shape.rank()).map(shape::extent);
        return new TensorType(dtype, Shape.of(IntStream.concat(leading, own).toArray()));
    }

    /** Returns the bytes for a batch of sequences that have seen a number of positions. */
    public long bytes(int batch, long positions) {
        return dtype.bytes(batch * shape.size() * (perPosition ? positions : 1));
    }
}
