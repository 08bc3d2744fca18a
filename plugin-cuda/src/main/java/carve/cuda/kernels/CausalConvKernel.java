package carve.cuda.kernels;

import carve.api.device.Kernel;
import carve.api.op.CausalConv;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.cuda.gpu.KernelLaunch;
import java.util.List;
import java.util.Optional;

/** {@link CausalConv}. */
final class CausalConvKernel implements Kernel {
    private final KernelContext kernelContext;
    private final CausalConv op;

    CausalConvKernel(KernelContext kernelContext, CausalConv op) {
        this.kernelContext = kernelContext;
        this.op = op;
    }

    @Override
    public String name() {
        return "causal-conv";
    }

    @Override
    public boolean differentiable() {
        return true;
    }

    /** The structure of the same name in {@code causal_conv.cu}. */
    private KernelLaunch.StructArgument conv(List<Tensor> operands) {
        Tensor x = operands.getFirst();
        return new KernelLaunch.StructArgument(
                x,
                operands.get(1),
                operands.get(2),
                operands.get(3),
                kernelContext.sequenceSpans(op.sequenceLayout()),
                x.extent(2),
                operands.get(1).extent(2),
                op.silu(),
                0);
    }

    private KernelLaunch.Grid grid(long elements) {
        return new KernelLaunch.Grid(
                KernelLaunch.Grid.over(elements).x(), op.sequenceLayout().count(), 1);
    }

    private long longest(Tensor x) {
        return (long) op.sequenceLayout().maxLength() * x.extent(2);
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        Tensor x = operands.getFirst();
        Tensor state = operands.get(3);
        Tensor y = kernelContext.allocate(x.type());
        Tensor next = kernelContext.allocate(state.type());
        KernelLaunch.StructArgument conv = conv(operands);
        kernelContext.gpuStream().launch("causal_conv", "conv_forward", grid(longest(x)), conv, y);
        if (state.shape().size() > 0) {
            kernelContext
                    .gpuStream()
                    .launch("causal_conv", "conv_state", grid((long) x.extent(2) * state.extent(2)), conv, next);
        }
        return List.of(y, next);
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        Tensor x = operands.getFirst();
        Tensor weight = operands.get(1);
        Tensor dx = kernelContext.allocate(x.type());
        Tensor dState = kernelContext.allocate(operands.get(3).type());
        Tensor dz = kernelContext.allocate(x.type());
        KernelLaunch.StructArgument conv = conv(operands);
        Tensor dy = kernelContext.gradientOrZeros(gradients.get(0), x.type());
        kernelContext.gpuStream().launch("causal_conv", "conv_slope", grid(longest(x)), conv, dy, dz);
        Object dNext = gradients.get(1).map(Object.class::cast).orElse(0L);
        long all = longest(x) + (long) (weight.extent(2) - 1) * x.extent(2);
        kernelContext.gpuStream().launch("causal_conv", "conv_backward", grid(all), conv, dz, dNext, dx, dState);
        int group = (int) KernelContext.rowsPerGroup(op.sequenceLayout().maxLength());
        int groups = (op.sequenceLayout().maxLength() + group - 1) / group;
        int parts = groups * op.sequenceLayout().count();
        Tensor weights = kernelContext.allocate(TensorType.f32(parts, x.extent(2), weight.extent(2)));
        Tensor biases = kernelContext.allocate(TensorType.f32(parts, x.extent(2)));
        var grid = new KernelLaunch.Grid(
                (x.extent(2) + KernelLaunch.THREADS - 1) / KernelLaunch.THREADS,
                groups,
                op.sequenceLayout().count());
        kernelContext.gpuStream().launch("causal_conv", "conv_weight", grid, conv, dz, weights, biases, group);
        return List.of(
                Optional.of(dx),
                Optional.of(KernelContext.sumGroups(weights, weight.type())),
                Optional.of(KernelContext.sumGroups(biases, operands.get(2).type())),
                Optional.of(dState));
    }
}
