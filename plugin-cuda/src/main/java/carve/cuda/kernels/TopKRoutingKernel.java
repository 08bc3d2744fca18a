package carve.cuda.kernels;

import carve.api.device.Kernel;
import carve.api.op.TopKRouting;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.cuda.gpu.KernelLaunch;
import java.util.List;
import java.util.Optional;

/** {@link TopKRouting}: a block for each row, see {@code routing.cu}. */
final class TopKRoutingKernel implements Kernel {
    private static final int MAX_EXPERTS = 1024;

    private final KernelContext kernelContext;
    private final TopKRouting op;

    TopKRoutingKernel(KernelContext kernelContext, TopKRouting op) {
        this.kernelContext = kernelContext;
        this.op = op;
    }

    /** Returns whether there is a kernel for these operands. */
    static boolean supports(List<TensorType> operands) {
        return operands.getFirst().shape().extent(1) <= MAX_EXPERTS;
    }

    @Override
    public String name() {
        return "top-k-routing";
    }

    @Override
    public boolean differentiable() {
        return true;
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        List<TensorType> types = op.results(operands.stream().map(Tensor::type).toList());
        Tensor weights = kernelContext.allocate(types.get(0));
        Tensor numbers = kernelContext.allocate(types.get(1));
        Tensor logits = operands.getFirst();
        var routing = struct(logits, operands.size() == 2 ? operands.get(1) : Long.valueOf(0), weights, numbers);
        kernelContext.gpuStream().launch("routing", "choose_experts", KernelLaunch.Grid.of(logits.extent(0)), routing);
        return List.of(weights, numbers);
    }

    private KernelLaunch.StructArgument struct(Tensor logits, Object correction, Tensor weights, Tensor numbers) {
        int scoring = switch (op.scoring()) {
            case SOFTMAX -> 0;
            case SIGMOID -> 1;
            case SOFTMAX_OF_CHOSEN -> 2;
        };
        return new KernelLaunch.StructArgument(
                logits,
                correction,
                weights,
                numbers,
                logits.extent(1),
                op.experts(),
                scoring,
                op.normalized(),
                (float) op.scale(),
                op.groups(),
                op.chosenGroups(),
                op.scoresPerGroup());
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        Tensor logits = operands.getFirst();
        Tensor weights = kernelContext.gradientOrZeros(
                gradients.getFirst(), results.getFirst().type());
        Tensor gradient = kernelContext.allocate(logits.type());
        kernelContext
                .gpuStream()
                .launch(
                        "routing",
                        "choose_experts_gradient",
                        KernelLaunch.Grid.of(logits.extent(0)),
                        struct(logits, Long.valueOf(0), weights, results.get(1)),
                        gradient);
        return operands.size() == 1 ? List.of(Optional.of(gradient)) : List.of(Optional.of(gradient), Optional.empty());
    }
}
