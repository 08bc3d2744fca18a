package carve.api.device;

import carve.api.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/** A device's own implementation of a fused op for operands of certain types. It agrees with the op's reference. */
public interface Kernel {
    /** Returns a name that says how it computes, for logs and reports: {@code vector-512-chunk64}. */
    String name();

    /**
     * Returns the results of the op in order, made with {@link Tensor#allocate}; after them, if it likes, what its
     * backward form wants to have kept.
     */
    List<Tensor> forward(List<Tensor> operands);

    /** Returns whether {@link #backward} is there; where it is not, the reference is differentiated. */
    default boolean differentiable() {
        return false;
    }

    /**
     * Returns the gradient of each operand, of the operand's type; empty where it is not wanted or there is none.
     *
     * @param operands as given to {@link #forward}
     * @param results as {@link #forward} returned them, with what it kept
     * @param gradients for each result of the op its gradient, empty where nothing depends on it
     * @param wanted for each operand whether its gradient is asked for
     */
    default List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        throw new UnsupportedOperationException(name() + " has no backward form");
    }
}
