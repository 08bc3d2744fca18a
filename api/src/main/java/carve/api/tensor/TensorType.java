package carve.api.tensor;

import java.util.Objects;

/**
 * What a tensor is without its values: storage type and shape.
 *
 * @param dtype the storage type of the elements
 * @param shape the extents
 */
public record TensorType(DType dtype, Shape shape) {
    /** Checks that both are there. */
    public TensorType {
        Objects.requireNonNull(dtype, "dtype");
        Objects.requireNonNull(shape, "shape");
    }

    /** Returns the type of F32 tensors with these extents. */
    public static TensorType f32(int... extents) {
        return new TensorType(DType.F32, Shape.of(extents));
    }

    /** Returns the number of bytes that the values take. */
    public long bytes() {
        return shape.size() * dtype.bytes();
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
