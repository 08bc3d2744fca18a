package carve.cuda.kernels;

import carve.api.device.Kernel;
import carve.api.tensor.Tensor;
import carve.cuda.gpu.KernelLaunch;
import java.util.List;
import java.util.Optional;

/** {@link carve.api.op.CrossEntropy}; keeps the logarithm of each row's sum of exponentials. */
final class CrossEntropyKernel implements Kernel {
    private final KernelContext kernelContext;

    CrossEntropyKernel(KernelContext kernelContext) {
        this.kernelContext = kernelContext;
    }

    @Override
    public String name() {
        return "cross-entropy-rows";
    }

    @Override
    public boolean differentiable() {
        return true;
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        return forwardAndSave(operands).subList(0, 1);
    }

    @Override
    public List<Tensor> forwardAndSave(List<Tensor> operands) {
        Tensor logits = operands.get(0);
        Tensor loss = kernelContext.allocate(logits.type().with(logits.shape().sub(0, 1)));
        Tensor sums = kernelContext.allocate(loss.type());
        kernelContext
                .gpuStream()
                .launch(
                        "losses",
                        "cross_entropy_forward",
                        KernelLaunch.Grid.of(logits.extent(0)),
                        logits,
                        operands.get(1),
                        loss,
                        sums,
                        logits.extent(1));
        return List.of(loss, sums);
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        Tensor logits = operands.get(0);
        Tensor d = kernelContext.allocate(logits.type());
        kernelContext
                .gpuStream()
                .launch(
                        "losses",
                        "cross_entropy_backward",
                        KernelLaunch.Grid.of(logits.extent(0)),
                        logits,
                        operands.get(1),
                        results.get(1),
                        gradients.getFirst().orElseThrow(),
                        d,
                        logits.extent(1));
        return List.of(Optional.of(d), Optional.empty());
    }
}
