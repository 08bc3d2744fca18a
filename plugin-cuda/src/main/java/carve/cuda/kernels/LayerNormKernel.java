package carve.cuda.kernels;

import carve.api.device.Kernel;
import carve.api.op.LayerNorm;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.cuda.gpu.KernelLaunch;
import java.util.List;
import java.util.Optional;

/** {@link LayerNorm}; keeps mean and 1 / deviation of each row. */
final class LayerNormKernel implements Kernel {
    private final KernelContext kernelContext;
    private final float epsilon;

    LayerNormKernel(KernelContext kernelContext, LayerNorm op) {
        this.kernelContext = kernelContext;
        this.epsilon = (float) op.epsilon();
    }

    @Override
    public String name() {
        return "layer-norm-rows";
    }

    @Override
    public boolean differentiable() {
        return true;
    }

    private static int repeat(List<Tensor> operands) {
        return (int) (operands.get(1).shape().size() / operands.getFirst().extent(-1));
    }

    private static int rows(Tensor x) {
        return Math.toIntExact(x.shape().size() / x.extent(-1));
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        return forwardAndSave(operands).subList(0, 1);
    }

    @Override
    public List<Tensor> forwardAndSave(List<Tensor> operands) {
        Tensor x = operands.getFirst();
        Tensor y = kernelContext.allocate(x.type());
        Tensor mean = kernelContext.allocate(TensorType.f32(rows(x)));
        Tensor scale = kernelContext.allocate(TensorType.f32(rows(x)));
        kernelContext
                .gpuStream()
                .launch(
                        "norm",
                        "layer_forward",
                        KernelLaunch.Grid.of(rows(x)),
                        epsilon,
                        x,
                        operands.get(1),
                        operands.get(2),
                        y,
                        mean,
                        scale,
                        x.extent(-1),
                        repeat(operands));
        return List.of(y, mean, scale);
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        Tensor x = operands.getFirst();
        Tensor dy = gradients.getFirst().orElseThrow();
        Tensor dx = kernelContext.allocate(x.type());
        kernelContext
                .gpuStream()
                .launch(
                        "norm",
                        "layer_backward",
                        KernelLaunch.Grid.of(rows(x)),
                        x,
                        operands.get(1),
                        results.get(1),
                        results.get(2),
                        dy,
                        dx,
                        x.extent(-1),
                        repeat(operands));
        int repeat = repeat(operands);
        long group = KernelContext.rowsPerGroup(rows(x) / repeat);
        int groups = (int) ((rows(x) / repeat + group - 1) / group);
        int wide = x.extent(-1) * repeat;
        Tensor weights = kernelContext.allocate(TensorType.f32(groups, wide));
        Tensor biases = kernelContext.allocate(TensorType.f32(groups, wide));
        kernelContext
                .gpuStream()
                .launch(
                        "norm",
                        "layer_weight",
                        new KernelLaunch.Grid((wide + KernelLaunch.THREADS - 1) / KernelLaunch.THREADS, groups, 1),
                        x,
                        results.get(1),
                        results.get(2),
                        dy,
                        weights,
                        biases,
                        (long) rows(x),
                        group,
                        x.extent(-1),
                        repeat);
        return List.of(
                Optional.of(dx),
                Optional.of(KernelContext.sumGroups(weights, operands.get(1).type())),
                Optional.of(KernelContext.sumGroups(biases, operands.get(2).type())));
    }
}
