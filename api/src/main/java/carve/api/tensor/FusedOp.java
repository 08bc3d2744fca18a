package carve.api.tensor;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A named operation that is defined in primitives and that a device may compute with a kernel of its own.
 *
 * <p>A fused op is a record of its attributes. Where the device has a kernel for these operands, the kernel runs;
 * elsewhere the {@link #reference} does, so that a new op works on every device the day it is written and becomes fast
 * device by device. The gradient of a kernel without a backward is that of the reference. Implementations are records
 * (equal attributes make equal ops) and are named for mathematics, not for papers.
 *
 * <pre>{@code
 * record Square() implements FusedOp {
 *     public String name() { return "square"; }
 *     public List<TensorType> results(List<TensorType> operands) { return List.of(operands.getFirst()); }
 *     public List<Tensor> reference(List<Tensor> operands) {
 *         return List.of(operands.getFirst().multiply(operands.getFirst()));
 *     }
 * }
 * Tensor y = Tensors.apply(new Square(), x).getFirst();
 * }</pre>
 */
public interface FusedOp {
    /** Returns the name of the op, {@code [a-z][a-z0-9-]*}, by which logs and kernels know it. */
    String name();

    /**
     * Returns the types of the results for operands of these types.
     *
     * @throws ShapeException if the operands do not fit the op
     */
    List<TensorType> results(List<TensorType> operands);

    /** Returns the results, computed with primitives or with other fused ops; this is the definition. */
    List<Tensor> reference(List<Tensor> operands);

    /**
     * Returns the positions of the operands that are weights: small beside the others, and perhaps stored as BF16 or in
     * blocks where the others are F32. A kernel for F32 then still serves: a device casts the weights first.
     */
    default Set<Integer> weightOperands() {
        return Set.of();
    }

    /**
     * Returns whether a device may do without a kernel for this op even where kernels are required: its reference is made of
     * fused ops that have kernels, or of primitives alone, and a kernel only saves launches. By default not.
     */
    default boolean isKernelOptional() {
        return false;
    }

    /**
     * Returns whether the reference runs unrecorded and again, recorded, when gradients are asked for: less memory for
     * more time. By default it does not.
     */
    default boolean isRecomputed() {
        return false;
    }

    /** Returns the chunks of rows in which an op that recomputes runs; empty, the default, for all rows at once. */
    default Optional<RowChunks> chunks() {
        return Optional.empty();
    }
}
