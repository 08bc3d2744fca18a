package carve.cuda.kernels;

import carve.api.device.Kernel;
import carve.api.tensor.DType;
import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import carve.cuda.CudaDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A kernel in a scope of its own, so that what it makes on the way is released; weights that are stored in fewer bits than
 * it takes are widened first.
 */
final class ScopedKernel implements Kernel {
    /** A kernel that says which operands it reads as they are stored. */
    interface ReadsStorageTypes extends Kernel {}

    private final CudaDevice device;
    private final Kernel kernel;

    ScopedKernel(CudaDevice device, Kernel kernel) {
        this.device = device;
        this.kernel = kernel;
    }

    @Override
    public String name() {
        return kernel.name();
    }

    @Override
    public boolean differentiable() {
        return kernel.differentiable();
    }

    private List<Tensor> widened(List<Tensor> operands) {
        return kernel instanceof ReadsStorageTypes
                ? operands
                : operands.stream()
                        .map(x -> x.dtype() == DType.I32 ? x : widened(x))
                        .toList();
    }

    private static Tensor widened(Tensor x) {
        return x.dtype() == DType.F32 ? x : x.cast(DType.F32);
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        return Scope.run(device, () -> kernel.forward(widened(operands)));
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        return Scope.run(device, () -> {
            List<Optional<Tensor>> wide = kernel.backward(widened(operands), results, gradients, wanted);
            List<Optional<Tensor>> narrow = new ArrayList<>();
            for (int i = 0; i < operands.size(); i++) {
                DType dtype = operands.get(i).dtype();
                narrow.add(wide.get(i).map(gradient -> gradient.dtype() == dtype ? gradient : gradient.cast(dtype)));
            }
            return narrow;
        });
    }
}
