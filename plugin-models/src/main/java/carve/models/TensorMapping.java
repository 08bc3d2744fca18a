package carve.models;

import carve.api.checkpoint.CheckpointException;
import carve.api.checkpoint.DTypeConversion;
import carve.api.checkpoint.TensorSource;
import carve.api.checkpoint.TensorSources;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import java.util.function.Supplier;

/**
 * A collection of tensors of a source under other names. Changed values are computed when they are read; all others are
 * views.
 */
public final class TensorMapping {
    private final TensorSource from;
    private final Map<String, TensorType> types = new LinkedHashMap<>();
    private final Map<String, Supplier<MemorySegment>> values = new LinkedHashMap<>();

    /** A function of one value, in double precision. */
    public interface ElementFunction {
        /** Returns the new value for a value. */
        double apply(double value);
    }

    /** Makes an empty collection. */
    public TensorMapping(TensorSource from) {
        this.from = from;
    }

    /** Returns whether the source has a tensor. */
    public boolean has(String name) {
        return from.names().contains(name);
    }

    /** Adds a tensor as it is. */
    public void rename(String name, String to) {
        put(to, from.type(name), () -> from.data(name));
    }

    /** Adds a tensor with other extents. */
    public void reshape(String name, String to, Shape shape) {
        if (shape.size() != from.type(name).shape().size()) {
            throw new CheckpointException("tensor '%s' has shape %s, expected as many values as %s"
                    .formatted(name, from.type(name).shape(), shape));
        }
        put(to, from.type(name).with(shape), () -> from.data(name));
    }

    /** Adds an F32 tensor of a function of its values, with other extents. */
    public void map(String name, String to, Shape shape, ElementFunction function) {
        reshape(name, to, shape);
        put(to, new TensorType(DType.F32, shape), () -> {
            double[] numbers = DTypeConversion.doubles(from.type(name).dtype(), from.data(name));
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = function.apply(numbers[i]);
            }
            return DTypeConversion.of(DType.F32, numbers, Arena.ofAuto());
        });
    }

    /** Adds a tensor whose row {@code i} is the source's row {@code order(i)}. */
    public void permuteRows(String name, String to, IntUnaryOperator order) {
        rows(name, to, from.type(name).shape().extent(0), order);
    }

    /** Adds a tensor of so many rows, of which row {@code i} is the source's row {@code order(i)}, or zeros if that is negative. */
    public void rows(String name, String to, int count, IntUnaryOperator order) {
        TensorType type = from.type(name);
        TensorType other = type.with(type.shape().with(0, count));
        put(to, other, () -> {
            MemorySegment source = from.data(name);
            MemorySegment target = Arena.ofAuto().allocate(Math.max(1, other.bytes()), Long.BYTES);
            long row = type.bytes() / type.shape().extent(0);
            for (int i = 0; i < count; i++) {
                if (order.applyAsInt(i) >= 0) {
                    MemorySegment.copy(source, order.applyAsInt(i) * row, target, i * row, row);
                }
            }
            return target.asReadOnly();
        });
    }

    /** Adds a matrix with columns of zeros after the source's, so that it has so many. */
    public void padColumns(String name, String to, int count) {
        TensorType type = from.type(name);
        TensorType other = type.with(type.shape().with(1, count));
        put(to, other, () -> {
            MemorySegment source = from.data(name);
            MemorySegment target = Arena.ofAuto().allocate(Math.max(1, other.bytes()), Long.BYTES);
            int rows = type.shape().extent(0);
            for (int i = 0; i < rows; i++) {
                long bytes = type.bytes() / rows;
                MemorySegment.copy(source, i * bytes, target, i * (other.bytes() / rows), bytes);
            }
            return target.asReadOnly();
        });
    }

    private void put(String name, TensorType type, Supplier<MemorySegment> data) {
        types.put(name, type);
        values.put(name, data);
    }

    /** Returns the collected tensors, in order. */
    public TensorSource source() {
        return TensorSources.of(types, name -> values.get(name).get());
    }
}
