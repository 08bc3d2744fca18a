package examples.retention;

import carve.api.device.CpuTarget;
import carve.api.device.CudaTarget;
import carve.api.device.Kernel;
import carve.api.device.KernelProvider;
import carve.api.device.KernelTarget;
import carve.api.tensor.DType;
import carve.api.tensor.FusedOp;
import carve.api.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/** Kernels for {@link RetentionScan} on devices that are not ours: on those with memory of this process, and on CUDA. */
public final class RetentionKernelProvider implements KernelProvider {
    @Override
    public String name() {
        return "retention";
    }

    @Override
    public Optional<Kernel> kernel(FusedOp op, List<TensorType> operands, KernelTarget host) {
        if (!(op instanceof RetentionScan scan)
                || operands.stream()
                        .anyMatch(type ->
                                type.dtype() != DType.F32 || type.shape().size() == 0)) {
            return Optional.empty();
        }
        return switch (host) {
            case CpuTarget memory -> Optional.of(new RetentionCpuKernel(scan, memory));
            case CudaTarget cuda -> Optional.of(new RetentionCudaKernel(scan, cuda));
            default -> Optional.empty();
        };
    }
}
