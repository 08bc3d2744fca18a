package examples.retention;

import carve.api.device.CudaHost;
import carve.api.device.HostMemory;
import carve.api.device.Kernel;
import carve.api.device.KernelHost;
import carve.api.device.KernelProvider;
import carve.api.tensor.DType;
import carve.api.tensor.FusedOp;
import carve.api.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/** Kernels for {@link RetentionScan} on devices that are not ours: on those with memory of this process, and on CUDA. */
public final class RetentionKernels implements KernelProvider {
    @Override
    public String name() {
        return "retention";
    }

    @Override
    public Optional<Kernel> kernel(FusedOp op, List<TensorType> operands, KernelHost host) {
        if (!(op instanceof RetentionScan scan)
                || operands.stream()
                        .anyMatch(type ->
                                type.dtype() != DType.F32 || type.shape().size() == 0)) {
            return Optional.empty();
        }
        return switch (host) {
            case HostMemory memory -> Optional.of(new RetentionInMemory(scan, memory));
            case CudaHost cuda -> Optional.of(new RetentionOnCuda(scan, cuda));
            default -> Optional.empty();
        };
    }
}
