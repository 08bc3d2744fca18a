package carve.cuda.kernels;

import carve.api.device.Kernel;
import carve.api.op.LayerNorm;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.cuda.gpu.KernelLaunch;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@link LayerNorm}; keeps mean and 1 / deviation of each row. */
final class LayerNormKernel implements Kernel {
    private final KernelContext kernelContext;
    private final float epsilon;
    private final float offset;

    LayerNormKernel(KernelContext kernelContext, LayerNorm op) {
        this.kernelContext = kernelContext;
        this.epsilon = (float) op.epsilon();
        this.offset = (float) op.offset();
    }

    @Override
    public String name() {
        return "layer-norm-rows";
    }

    @Override
    public boolean differentiable() {
        return true;
    }

    // a weight or bias, or 0 where there is none
    private static Object operand(List<Tensor> operands, int index) {
        return index < operands.size() ? operands.get(index) : Long.valueOf(0);
    }

    private static int repeat(List<Tensor> operands) {
        return operands.size() == 1
                ? 1
                : (int) (operands.get(1).shape().size() / operands.getFirst().extent(-1));
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
                        offset,
                        x,
                        operand(operands, 1),
                        operand(operands, 2),
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
                        offset,
                        x,
                        operand(operands, 1),
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
        List<Optional<Tensor>> all = new ArrayList<>(List.of(Optional.of(dx)));
        if (operands.size() > 1) {
            all.add(Optional.of(KernelContext.sumGroups(weights, operands.get(1).type())));
        }
        if (operands.size() > 2) {
            all.add(Optional.of(KernelContext.sumGroups(biases, operands.get(2).type())));
        }
        return List.copyOf(all);
    }
}
