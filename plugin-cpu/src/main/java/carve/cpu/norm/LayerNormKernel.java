package carve.cpu.norm;

import static carve.cpu.kernel.KernelContext.addressOf;

import carve.api.device.Kernel;
import carve.api.op.LayerNorm;
import carve.api.tensor.Tensor;
import carve.cpu.kernel.KernelContext;
import java.util.List;
import java.util.Optional;

/** {@link LayerNorm}. */
public final class LayerNormKernel implements Kernel {
    private final KernelContext kernelContext;
    private final LayerNormLoops norms;
    private final LayerNorm op;

    /** Makes the kernel of an op. */
    public LayerNormKernel(KernelContext kernelContext, LayerNorm op) {
        this.kernelContext = kernelContext;
        this.norms = new LayerNormLoops(kernelContext.threads());
        this.op = op;
    }

    @Override
    public String name() {
        return "layer-norm";
    }

    @Override
    public boolean differentiable() {
        return true;
    }

    private RmsNormLoops.NormShape size(List<Tensor> operands) {
        return RmsNormKernel.size(
                operands.get(0).type(), operands.get(1).type(), (float) op.epsilon(), RmsNormLoops.Gate.NONE);
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        Tensor y = kernelContext.allocate(operands.getFirst().type());
        norms.forward(
                size(operands),
                addressOf(operands.get(0)),
                addressOf(operands.get(1)),
                addressOf(operands.get(2)),
                addressOf(y));
        return List.of(y);
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        Tensor dx = kernelContext.allocate(operands.get(0).type());
        Tensor dw = kernelContext.allocate(operands.get(1).type());
        Tensor db = kernelContext.allocate(operands.get(2).type());
        norms.backward(
                size(operands),
                addressOf(operands.get(0)),
                addressOf(operands.get(1)),
                addressOf(gradients.getFirst().orElseThrow()),
                addressOf(dx),
                addressOf(dw),
                addressOf(db));
        return List.of(Optional.of(dx), Optional.of(dw), Optional.of(db));
    }
}
