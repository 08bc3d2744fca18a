package carve.api.tensor;

import carve.api.device.Buffer;
import carve.api.device.Device;
import carve.api.device.Download;
import carve.api.tensor.Op.BinaryFunction;
import carve.api.tensor.Op.UnaryFunction;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * An immutable dense array of numbers on a device.
 *
 * <p>Methods return new tensors and leave their operands alone. A result is born in the innermost {@link Scope} of its
 * device and dies with it. If an operand is watched by a {@link Tape}, so is the result; there is no global gradient
 * mode. Like its device, a tensor is confined to one thread.
 */
public final class Tensor {
    private final TensorType type;
    private final Device device;
    private final Buffer buffer;
    private final Tape tape; // null where no tape watches

    private Tensor(TensorType type, Device device, Buffer buffer, Tape tape) {
        this.type = Objects.requireNonNull(type, "type");
        this.device = Objects.requireNonNull(device, "device");
        this.buffer = Objects.requireNonNull(buffer, "buffer");
        this.tape = tape;
    }

    /** Returns a tensor over a buffer that somebody else owns; for devices, kernels and parameter stores. */
    public static Tensor over(Device device, TensorType type, Buffer buffer) {
        return new Tensor(type, device, buffer, null);
    }

    /** Returns a tensor of the innermost scope with undefined values; for kernels, which then write all of them. */
    public static Tensor allocate(Device device, TensorType type) {
        Buffer buffer = device.allocate(type);
        device.context().scopes().register(buffer);
        return new Tensor(type, device, buffer, null);
    }

    /** Returns the same values, watched by a tape. */
    Tensor watchedBy(Tape watcher) {
        return new Tensor(type, device, buffer, watcher);
    }

    /** Returns the same values, not watched: gradients do not flow through the result. */
    public Tensor detach() {
        return tape == null ? this : new Tensor(type, device, buffer, null);
    }

    /** Returns the storage type and the shape. */
    public TensorType type() {
        return type;
    }

    /** Returns the extents. */
    public Shape shape() {
        return type.shape();
    }

    /** Returns the storage type. */
    public DType dtype() {
        return type.dtype();
    }

    /** Returns the extent of an axis; negative axes count from the end. */
    public int extent(int axis) {
        return shape().extent(axis);
    }

    /** Returns the device that holds the values. */
    public Device device() {
        return device;
    }

    /** Returns the memory that holds the values; for devices and kernels. */
    public Buffer buffer() {
        return buffer;
    }

    /** Returns the tape that watches this tensor, if one does. */
    public Optional<Tape> tape() {
        return Optional.ofNullable(tape);
    }

    /** Returns this + other, broadcast. */
    public Tensor add(Tensor other) {
        return binary(BinaryFunction.ADD, other);
    }

    /** Returns this - other, broadcast. */
    public Tensor subtract(Tensor other) {
        return binary(BinaryFunction.SUBTRACT, other);
    }

    /** Returns this * other, broadcast. */
    public Tensor multiply(Tensor other) {
        return binary(BinaryFunction.MULTIPLY, other);
    }

    /** Returns this * factor. */
    public Tensor multiply(double factor) {
        return multiply(Tensors.scalar(device, factor));
    }

    /** Returns this + term. */
    public Tensor add(double term) {
        return add(Tensors.scalar(device, term));
    }

    /** Returns this / other, broadcast. */
    public Tensor divide(Tensor other) {
        return binary(BinaryFunction.DIVIDE, other);
    }

    /** Returns the function of each element of this and other, broadcast to each other. */
    public Tensor binary(BinaryFunction function, Tensor other) {
        return Tensors.apply(new Op.Binary(function), this, other);
    }

    /** Returns the function of each element. */
    public Tensor unary(UnaryFunction function) {
        return Tensors.apply(new Op.Unary(function), this);
    }

    /** Returns minus this. */
    public Tensor negate() {
        return unary(UnaryFunction.NEGATE);
    }

    /** Returns e to the power of each element. */
    public Tensor exp() {
        return unary(UnaryFunction.EXP);
    }

    /** Returns the natural logarithm of each element. */
    public Tensor log() {
        return unary(UnaryFunction.LOG);
    }

    /** Returns the product of matrices (..., M, K) x (..., K, N). */
    public Tensor matmul(Tensor other) {
        return matmul(other, false, false);
    }

    /** Returns the product of matrices in the last two axes, each transposed first if so asked. */
    public Tensor matmul(Tensor other, boolean transposeThis, boolean transposeOther) {
        return Tensors.apply(new Op.MatMul(transposeThis, transposeOther), this, other);
    }

    /** Returns the sum along an axis, which stays with extent 1. */
    public Tensor sum(int axis) {
        return Tensors.apply(new Op.Sum(shape().axis(axis)), this);
    }

    /** Returns the sum of all elements, a scalar. */
    public Tensor sum() {
        return Tensors.apply(new Op.SumTo(Shape.of()), this);
    }

    /** Returns the mean of all elements, a scalar. */
    public Tensor mean() {
        return sum().multiply(1.0 / shape().size());
    }

    /** Returns the mean along an axis, which stays with extent 1. */
    public Tensor mean(int axis) {
        return sum(axis).multiply(1.0 / extent(axis));
    }

    /** Returns the greatest value along an axis, which stays with extent 1. */
    public Tensor max(int axis) {
        return Tensors.apply(new Op.Max(shape().axis(axis)), this);
    }

    /** Returns the I32 index of the first greatest value along an axis, which stays with extent 1. */
    public Tensor argMax(int axis) {
        return Tensors.apply(new Op.ArgMax(shape().axis(axis)), this);
    }

    /** Returns this repeated to a shape that it can be broadcast to. */
    public Tensor broadcastTo(Shape shape) {
        return shape.equals(shape()) ? this : Tensors.apply(new Op.BroadcastTo(shape), this);
    }

    /** Returns this summed over the axes along which a tensor of that shape would have been broadcast. */
    public Tensor sumTo(Shape shape) {
        return shape.equals(shape()) ? this : Tensors.apply(new Op.SumTo(shape), this);
    }

    /** Returns the same values with these extents; one of them may be -1 and is then inferred. */
    public Tensor reshape(int... extents) {
        return reshape(inferred(extents));
    }

    /** Returns the same values with another shape of the same size. */
    public Tensor reshape(Shape shape) {
        return shape.equals(shape()) ? this : Tensors.apply(new Op.Reshape(shape), this);
    }

    private Shape inferred(int[] extents) {
        int[] result = extents.clone();
        for (int i = 0; i < result.length; i++) {
            if (result[i] == -1) {
                result[i] = 1;
                long rest = Shape.of(result).size();
                if (rest == 0 || shape().size() % rest != 0) {
                    throw new ShapeException(
                            "reshape: %s does not divide into %s".formatted(shape(), Arrays.toString(extents)));
                }
                result[i] = Math.toIntExact(shape().size() / rest);
            }
        }
        return Shape.of(result);
    }

    /** Returns this with its axes in another order: axis i of the result is axis order[i] of this. */
    public Tensor permute(int... order) {
        List<Integer> boxed = Arrays.stream(order).boxed().toList();
        boolean same = IntStream.range(0, order.length).allMatch(i -> order[i] == i);
        return same && order.length == shape().rank() ? this : Tensors.apply(new Op.Permute(boxed), this);
    }

    /** Returns this with the last two axes exchanged. */
    public Tensor transpose() {
        int rank = shape().rank();
        int[] order = IntStream.range(0, rank).toArray();
        order[rank - 2] = rank - 1;
        order[rank - 1] = rank - 2;
        return permute(order);
    }

    /** Returns the part {@code from <= index < to} of an axis. */
    public Tensor slice(int axis, int from, int to) {
        boolean whole = from == 0 && to == extent(axis);
        return whole ? this : Tensors.apply(new Op.Slice(shape().axis(axis), from, to), this);
    }

    /** Returns this with zeros before and after it along an axis. */
    public Tensor pad(int axis, int before, int after) {
        return before == 0 && after == 0 ? this : Tensors.apply(new Op.Pad(shape().axis(axis), before, after), this);
    }

    /** Returns the inclusive cumulative sum along an axis. */
    public Tensor cumulativeSum(int axis) {
        return Tensors.apply(new Op.CumulativeSum(shape().axis(axis), false), this);
    }

    /** Returns this with zeros where, in the last two axes, {@code column > row + diagonal}. */
    public Tensor lowerTriangle(int diagonal) {
        return Tensors.apply(new Op.LowerTriangle(diagonal), this);
    }

    /** Returns the rows of this table that the I32 indices name. */
    public Tensor gather(Tensor indices) {
        return Tensors.apply(new Op.Gather(), this, indices);
    }

    /** Returns the values in another storage type. */
    public Tensor cast(DType dtype) {
        return dtype == dtype() ? this : Tensors.apply(new Op.Cast(dtype), this);
    }

    /** Returns a copy of the values as floats, whatever the floating-point storage type. */
    public float[] floats() {
        return HostArrays.floats(this);
    }

    /** Returns a copy of the values of an I32 tensor. */
    public int[] ints() {
        return HostArrays.ints(this);
    }

    /** Returns a copy on a device, outside of any tape. */
    public Tensor copyTo(Device target) {
        long bytes = type().bytes();
        MemorySegment values =
                Arena.ofAuto().allocate(Math.max(1, bytes), Long.BYTES).asSlice(0, bytes);
        device.download(detach(), values);
        return Tensors.upload(target, type(), values);
    }

    /** Begins to copy the values to the host, without waiting where the device can go on meanwhile. */
    public Download downloadAsync() {
        return device.downloadAsync(detach());
    }

    /** Returns the only value of a tensor of size 1. */
    public float item() {
        if (shape().size() != 1) {
            throw new ShapeException("item: one value expected, there are %d in %s".formatted(shape().size(), shape()));
        }
        return floats()[0];
    }

    @Override
    public String toString() {
        return type + " on " + device.name() + (tape == null ? "" : ", watched");
    }
}
