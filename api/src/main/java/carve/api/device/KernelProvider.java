package carve.api.device;

import carve.api.tensor.FusedOp;
import carve.api.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/**
 * Kernels for devices that are somebody else's; found by {@link java.util.ServiceLoader}.
 *
 * <p>A plugin with a fused op of its own needs none: its definition runs everywhere. It may bring a kernel later, for the
 * processor, for CUDA, or for both:
 *
 * <pre>{@code
 * public Optional<Kernel> kernel(FusedOp op, List<TensorType> operands, KernelHost host) {
 *     if (!(op instanceof Square) || operands.getFirst().dtype() != DType.F32) {
 *         return Optional.empty();
 *     }
 *     return switch (host) {
 *         case HostMemory memory -> Optional.of(new SquareInMemory(memory));
 *         case CudaHost cuda -> Optional.of(new SquareOnCuda(cuda));
 *         default -> Optional.empty();
 *     };
 * }
 * }</pre>
 *
 * <p>A device is asked first for what it has itself. Kernels agree with the op's definition, which a test that extends
 * {@code KernelContract} of {@code carve.testkit} proves.
 */
public interface KernelProvider {
    /** Returns the name by which logs and messages know the kernels, {@code [a-z][a-z0-9-]*}. */
    String name();

    /**
     * Returns a kernel for a fused op on operands of these types, or nothing where the definition is to run. Asked before
     * each application of the op, so it is quick and keeps nothing.
     *
     * @param host the device; a kernel may keep it, it lives as long
     */
    Optional<Kernel> kernel(FusedOp op, List<TensorType> operands, KernelTarget host);
}
