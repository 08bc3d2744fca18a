package carve.api.device;

import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;

/**
 * A device as kernels see it. Its kind says how they compute: {@link CpuTarget} where values lie in the memory of this
 * process, {@link CudaTarget} where functions in CUDA C++ run. Other kinds may come, so a provider offers nothing for a kind
 * that it does not know.
 */
public interface KernelTarget {
    /** Returns the device that operands are on, and that results are to be made on. */
    Device device();

    /** Returns a tensor of the innermost scope with undefined values; the kernel writes all of them. */
    default Tensor allocate(TensorType type) {
        return Tensor.allocate(device(), type);
    }
}
