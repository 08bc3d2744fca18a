package carve.cuda.kernels;

import carve.api.device.Kernel;
import carve.api.tensor.Tensor;
import carve.cuda.gpu.KernelLaunch;
import java.util.List;
import java.util.Optional;

/** {@link carve.api.op.SwiGlu}. */
final class SwiGluKernel implements Kernel {
    private final KernelContext kernelContext;

    SwiGluKernel(KernelContext kernelContext) {
        this.kernelContext = kernelContext;
    }

    @Override
    public String name() {
        return "swiglu";
    }

    @Override
    public boolean differentiable() {
        return true;
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        Tensor y = kernelContext.allocate(operands.getFirst().type());
        long n = y.shape().size();
        kernelContext
                .gpuStream()
                .launch("swiglu", "swiglu_forward", KernelLaunch.Grid.over(n), operands.get(0), operands.get(1), y, n);
        return List.of(y);
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        Tensor da = kernelContext.allocate(operands.get(0).type());
        Tensor db = kernelContext.allocate(operands.get(1).type());
        long n = da.shape().size();
        kernelContext
                .gpuStream()
                .launch(
                        "swiglu",
                        "swiglu_backward",
                        KernelLaunch.Grid.over(n),
                        operands.get(0),
                        operands.get(1),
                        gradients.getFirst().orElseThrow(),
                        da,
                        db,
                        n);
        return List.of(Optional.of(da), Optional.of(db));
    }
}
