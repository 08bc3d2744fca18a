package carve.cuda.kernels;

import carve.api.device.Kernel;
import carve.api.op.Gelu;
import carve.api.tensor.Tensor;
import carve.cuda.gpu.KernelLaunch;
import java.util.List;
import java.util.Optional;

/** {@link Gelu} in one pass; its primitives take up to nine. */
record GeluKernel(KernelContext kernelContext, Gelu op) implements Kernel {
    @Override
    public String name() {
        return "gelu";
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
                .launch(
                        "gelu",
                        "gelu_forward",
                        KernelLaunch.Grid.over(n),
                        operands.getFirst(),
                        y,
                        n,
                        op.tanhApproximation());
        return List.of(y);
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        Tensor x = operands.getFirst();
        Tensor dx = kernelContext.allocate(x.type());
        long n = dx.shape().size();
        Tensor dy = gradients.getFirst().orElseThrow();
        kernelContext
                .gpuStream()
                .launch("gelu", "gelu_backward", KernelLaunch.Grid.over(n), x, dy, dx, n, op.tanhApproximation());
        return List.of(Optional.of(dx));
    }
}
