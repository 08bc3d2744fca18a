package carve.api.tensor;

import java.util.Objects;

/**
 * The type of a tensor: storage type and shape.
 *
 * @param dtype the storage type of the elements
 * @param shape the extents
 */
public record TensorType(DType dtype, Shape shape) {
    /**
     * Checks that both are there and go together.
     *
     * @throws ShapeException if the type is quantised and rows are no whole number of blocks
     */
    public TensorType {
        Objects.requireNonNull(dtype, "dtype");
        Objects.requireNonNull(shape, "shape");
        if (dtype.isQuantised() && (shape.rank() == 0 || shape.extent(-1) % dtype.blockElements() != 0)) {
            throw new ShapeException("%s %s: rows lie in blocks, the last extent must be a multiple of %d"
                    .formatted(dtype, shape, dtype.blockElements()));
        }
    }

    /** Returns the type of F32 tensors with these extents. */
    public static TensorType f32(int... extents) {
        return new TensorType(DType.F32, Shape.of(extents));
    }

    /** Returns the number of bytes that the values take. */
    public long bytes() {
        return dtype.bytes(shape.size());
    }

    /**
     * Returns the type of the bytes of the values: I8 with the last extent in bytes. Operations that only move whole rows of a
     * quantised tensor may be carried out on its bytes.
     */
    public TensorType asBytes() {
        Shape bytes = shape.rank() == 0
                ? Shape.of(dtype.bytes())
                : shape.with(-1, Math.toIntExact(dtype.bytes(shape.extent(-1))));
        return new TensorType(DType.I8, bytes);
    }

    /** Returns this type with another shape. */
    public TensorType with(Shape other) {
        return new TensorType(dtype, other);
    }

    /** Returns this type with another storage type. */
    public TensorType with(DType other) {
        return new TensorType(other, shape);
    }

    @Override
    public String toString() {
        return dtype + " " + shape;
    }
}
