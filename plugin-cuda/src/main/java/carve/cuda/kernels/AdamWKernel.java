package carve.cuda.kernels;

import carve.api.device.Kernel;
import carve.api.op.AdamW;
import carve.api.tensor.Tensor;
import java.util.List;

/** {@link AdamW}: with those of other parameters, see {@link MultiTensorAdamW}. */
final class AdamWKernel implements Kernel {
    private final KernelContext kernelContext;
    private final AdamW op;

    AdamWKernel(KernelContext kernelContext, AdamW op) {
        this.kernelContext = kernelContext;
        this.op = op;
    }

    @Override
    public String name() {
        return "adamw";
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        List<Tensor> next = operands.stream()
                .limit(3)
                .map(x -> kernelContext.allocate(operands.getFirst().type()))
                .toList();
        kernelContext.adamW().add(op, operands, next);
        return next;
    }
}
