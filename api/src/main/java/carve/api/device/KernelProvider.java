package carve.api.device;

import carve.api.tensor.FusedOp;
import carve.api.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/**
 * A source of kernels for fused ops. Devices offer their built-in kernels by one; a plugin's, for devices that are not its own,
 * is found by {@link java.util.ServiceLoader}.
 *
 * <p>A plugin with a fused op needs none: the op's reference runs everywhere. It may bring a kernel later, for the CPU, for
 * CUDA, or for both:
 *
 * <pre>{@code
 * public Optional<Kernel> kernel(FusedOp op, List<TensorType> operands, KernelTarget target) {
 *     if (!(op instanceof Square) || operands.getFirst().dtype() != DType.F32) {
 *         return Optional.empty();
 *     }
 *     return switch (target) {
 *         case CpuTarget cpu -> Optional.of(new SquareOnCpu(cpu));
 *         case CudaTarget cuda -> Optional.of(new SquareOnCuda(cuda));
 *         default -> Optional.empty();
 *     };
 * }
 * }</pre>
 *
 * <p>A device's built-in kernels come first. Kernels agree with the op's reference, which a test that extends {@code
 * KernelContract} of {@code carve.testkit} proves.
 */
public interface KernelProvider {
    /** Returns the name by which logs and messages know the kernels, {@code [a-z][a-z0-9-]*}. */
    String name();

    /**
     * Returns a kernel for a fused op on operands of these types, or nothing where the reference is to run. Asked before
     * each application of the op, so it is quick and keeps nothing.
     *
     * @param target the device; a kernel may keep it, it lives as long
     */
    Optional<Kernel> kernel(FusedOp op, List<TensorType> operands, KernelTarget target);
}
