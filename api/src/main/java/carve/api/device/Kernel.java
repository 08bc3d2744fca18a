package carve.api.device;

import carve.api.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * A device's own implementation of a fused op for operands of certain types. It agrees with the op's reference.
 *
 * <p>A kernel knows whether a gradient will follow. Without one {@link #forward} is called and saves nothing. If a tape
 * watches an operand and the kernel is {@link #differentiable()}, {@link #forwardAndSave} is called in its place, and its
 * results, with the tensors saved behind them, come back as the {@code results} of {@link #backward}.
 */
public interface Kernel {
    /** Returns the name of the implementation, for logs and reports, such as {@code flash-attention}. */
    String name();

    /** Returns the results of the op in order, made with {@link Tensor#allocate}; no gradient follows. */
    List<Tensor> forward(List<Tensor> operands);

    /**
     * Returns the results of {@link #forward}, with the same bits, and after them the tensors that {@link #backward} needs
     * beside operands and results, such as the row sums of a softmax. By default there are none.
     */
    default List<Tensor> forwardAndSave(List<Tensor> operands) {
        return forward(operands);
    }

    /** Returns whether the kernel has a {@link #backward}; without one, the gradient is that of the op's reference. */
    default boolean differentiable() {
        return false;
    }

    /**
     * Returns the gradient of each operand, of the operand's type; empty where it is not wanted or there is none.
     *
     * @param operands as given to {@link #forwardAndSave}
     * @param results as {@link #forwardAndSave} returned them, the saved tensors included
     * @param gradients for each result of the op its gradient, empty where nothing depends on it
     * @param wanted for each operand whether its gradient is asked for
     * @throws UnsupportedOperationException if the kernel is not {@link #differentiable()}
     */
    default List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        throw new UnsupportedOperationException(name() + " has no backward");
    }
}
