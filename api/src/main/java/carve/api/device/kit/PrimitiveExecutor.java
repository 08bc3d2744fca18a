package carve.api.device.kit;

import carve.api.device.Buffer;
import carve.api.device.Device;
import carve.api.tensor.DType;
import carve.api.tensor.Op;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/**
 * Primitives on any storage type, over a backend that does arithmetic in F32 and I32 alone: BF16 and F16 operands are cast to
 * F32, the result is rounded to its type, and whole rows of quantised tensors are moved as bytes. Results that are empty are
 * allocated and not computed.
 */
public final class PrimitiveExecutor {
    /** The primitives that a device computes itself, into results that are allocated. */
    public interface Backend {
        /**
         * Computes a primitive other than {@link Op.Cast}.
         *
         * @param operands of the device; quantised ones as I8 rows, see {@link TensorType#asBytes}
         * @param result not empty, to be written whole
         */
        void run(Op op, List<Tensor> operands, Tensor result);

        /**
         * Converts values to the type of the result.
         *
         * @param result not empty, to be written whole
         */
        void cast(Tensor x, Tensor result);

        /** Returns whether a primitive reads BF16 and F16 operands as they are stored; by default if it only moves them. */
        default boolean readsHalf(Op op) {
            return OpKind.of(op) == OpKind.MOVEMENT;
        }

        /** Returns whether a primitive that reads its operands as they are writes results of BF16 or F16; by default it does. */
        default boolean writesHalf(Op op, DType dtype) {
            return true;
        }
    }

    private final Device device;
    private final Backend backend;

    /** Makes the executor of a device. */
    public PrimitiveExecutor(Device device, Backend backend) {
        this.device = device;
        this.backend = backend;
    }

    /** Returns the result of a primitive; for {@link Device#execute}. */
    public Buffer execute(Op op, List<Tensor> operands, TensorType result) {
        if (op instanceof Op.Cast) {
            return cast(operands.getFirst(), result);
        }
        if (result.dtype().isQuantised()) {
            return run(op, asBytes(operands), result.asBytes());
        }
        if (!backend.readsHalf(op) && anyHalf(operands)) {
            return runInF32(op, operands, result);
        }
        return result.dtype().isHalf() && !backend.writesHalf(op, result.dtype())
                ? runAndRound(op, operands, result)
                : run(op, operands, result);
    }

    private Buffer runInF32(Op op, List<Tensor> operands, TensorType result) {
        List<Buffer> casts = new ArrayList<>();
        try {
            List<Tensor> wide = operands.stream()
                    .map(x -> x.dtype().isHalf() ? toF32(x, casts) : x)
                    .toList();
            return result.dtype().isHalf() ? runAndRound(op, wide, result) : run(op, wide, result);
        } finally {
            casts.forEach(Buffer::close);
        }
    }

    private Tensor toF32(Tensor x, List<Buffer> casts) {
        TensorType type = x.type().with(DType.F32);
        Buffer buffer = cast(x, type);
        casts.add(buffer);
        return Tensor.over(device, type, buffer);
    }

    private Buffer runAndRound(Op op, List<Tensor> operands, TensorType result) {
        TensorType type = result.with(DType.F32);
        Buffer exact = run(op, operands, type);
        try {
            return cast(Tensor.over(device, type, exact), result);
        } finally {
            exact.close();
        }
    }

    private Buffer run(Op op, List<Tensor> operands, TensorType type) {
        Buffer buffer = device.allocate(type);
        if (type.shape().size() == 0) {
            return buffer;
        }
        try {
            backend.run(op, operands, Tensor.over(device, type, buffer));
            return buffer;
        } catch (RuntimeException e) {
            buffer.close();
            throw e;
        }
    }

    private Buffer cast(Tensor x, TensorType type) {
        Buffer buffer = device.allocate(type);
        if (type.shape().size() == 0) {
            return buffer;
        }
        try {
            backend.cast(x, Tensor.over(device, type, buffer));
            return buffer;
        } catch (RuntimeException e) {
            buffer.close();
            throw e;
        }
    }

    private List<Tensor> asBytes(List<Tensor> operands) {
        return operands.stream().map(this::asBytes).toList();
    }

    private Tensor asBytes(Tensor x) {
        return x.dtype().isQuantised() ? Tensor.over(device, x.type().asBytes(), x.buffer()) : x;
    }

    private static boolean anyHalf(List<Tensor> operands) {
        for (Tensor operand : operands) {
            if (operand.dtype().isHalf()) {
                return true;
            }
        }
        return false;
    }
}
