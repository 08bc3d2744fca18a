package carve.api.tensor;

import carve.api.device.Buffer;
import carve.api.device.Device;
import carve.api.device.Kernel;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/** Factories of tensors from values of the host, and the application of operations. */
public final class Tensors {
    private Tensors() {}

    /**
     * Returns the result of a primitive.
     *
     * @throws ShapeException if the operands do not fit
     */
    public static Tensor apply(Op op, Tensor... operands) {
        return apply(op, List.of(operands));
    }

    /**
     * Returns the result of a primitive.
     *
     * @throws ShapeException if the operands do not fit
     */
    public static Tensor apply(Op op, List<Tensor> operands) {
        Device device = deviceOf(operands);
        TensorType type = ShapeInference.of(op, types(operands));
        Tensor result;
        if (op instanceof Op.Reshape) {
            result = Tensor.over(device, type, operands.getFirst().buffer());
        } else {
            Buffer buffer = device.execute(op, detached(operands), type);
            device.context().scopes().register(buffer);
            result = Tensor.over(device, type, buffer);
        }
        return Tape.recordPrimitive(op, operands, result);
    }

    /**
     * Returns the results of a fused op, by the device's kernel where there is one and by the reference elsewhere.
     *
     * @throws ShapeException if the operands do not fit
     */
    public static List<Tensor> apply(FusedOp op, Tensor... operands) {
        return apply(op, List.of(operands));
    }

    /**
     * Returns the results of a fused op, by the device's kernel where there is one and by the reference elsewhere. A kernel
     * saves what its gradient needs if a tape watches an operand.
     *
     * @throws ShapeException if the operands do not fit
     * @throws carve.api.device.DeviceException if kernels are required and the device has none for this op
     */
    public static List<Tensor> apply(FusedOp op, List<Tensor> operands) {
        Device device = deviceOf(operands);
        List<TensorType> types = types(operands);
        List<TensorType> results = op.results(types);
        Optional<Tape> tape = Tape.tapeOf(operands);
        Optional<Kernel> kernel = device.context().kernels().select(device, op, types, tape.isPresent());
        if (kernel.isPresent()) {
            return tape.isPresent()
                    ? tape.get().recordFused(op, kernel.get(), operands, results.size())
                    : kernel.get().forward(operands);
        }
        return op.isRecomputed() ? Tape.recordRecomputed(op, operands) : op.reference(operands);
    }

    /** Returns a tensor with these F32 values. */
    public static Tensor of(Device device, Shape shape, float... values) {
        require(shape, values.length);
        return upload(device, new TensorType(DType.F32, shape), MemorySegment.ofArray(values));
    }

    /** Returns a tensor with these I32 values. */
    public static Tensor of(Device device, Shape shape, int... values) {
        require(shape, values.length);
        return upload(device, new TensorType(DType.I32, shape), MemorySegment.ofArray(values));
    }

    /** Returns an F32 scalar. */
    public static Tensor scalar(Device device, double value) {
        return of(device, Shape.of(), (float) value);
    }

    /** Returns F32 zeros. */
    public static Tensor zeros(Device device, Shape shape) {
        return full(device, shape, 0);
    }

    /** Returns F32 ones. */
    public static Tensor ones(Device device, Shape shape) {
        return full(device, shape, 1);
    }

    /** Returns an F32 tensor of equal values. */
    public static Tensor full(Device device, Shape shape, double value) {
        return scalar(device, value).broadcastTo(shape);
    }

    /** Returns a tensor with a copy of little-endian host values. */
    public static Tensor upload(Device device, TensorType type, MemorySegment values) {
        Buffer buffer = device.upload(type, values);
        device.context().scopes().register(buffer);
        return Tensor.over(device, type, buffer);
    }

    /** Returns a tensor with host values that stay where they are, without a copy where the device can; see {@link Device#map}. */
    public static Tensor map(Device device, TensorType type, MemorySegment values, Runnable released) {
        Buffer buffer = device.map(type, values, released);
        device.context().scopes().register(buffer);
        return Tensor.over(device, type, buffer);
    }

    /** Returns the tensors one after the other along an axis. */
    public static Tensor concat(int axis, List<Tensor> parts) {
        return parts.size() == 1
                ? parts.getFirst()
                : apply(new Op.Concat(parts.getFirst().shape().axis(axis)), parts);
    }

    /** Returns {@code mask != 0 ? a : b}, broadcast. */
    public static Tensor where(Tensor mask, Tensor a, Tensor b) {
        return apply(new Op.Where(), mask, a, b);
    }

    private static void require(Shape shape, int values) {
        if (shape.size() != values) {
            throw new ShapeException("%s takes %d values, there are %d".formatted(shape, shape.size(), values));
        }
    }

    // loops, not streams: both are on the way of every operation of every token
    static List<TensorType> types(List<Tensor> operands) {
        TensorType[] types = new TensorType[operands.size()];
        for (int i = 0; i < types.length; i++) {
            types[i] = operands.get(i).type();
        }
        return List.of(types);
    }

    static List<Tensor> detached(List<Tensor> operands) {
        Tensor[] detached = new Tensor[operands.size()];
        for (int i = 0; i < detached.length; i++) {
            detached[i] = operands.get(i).detach();
        }
        return List.of(detached);
    }

    private static Device deviceOf(List<Tensor> operands) {
        Device device = operands.getFirst().device();
        for (Tensor operand : operands) {
            if (operand.device() != device) {
                throw new ShapeException("operands are on different devices, %s and %s; upload one of them"
                        .formatted(device.name(), operand.device().name()));
            }
        }
        return device;
    }
}
