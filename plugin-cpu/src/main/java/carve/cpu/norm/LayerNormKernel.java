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

    private RmsNormLoops.NormShape size(Tensor x, Tensor weight) {
        return RmsNormKernel.size(
                x.type(), weight.type(), (float) op.epsilon(), (float) op.offset(), RmsNormLoops.Gate.NONE);
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        Tensor x = operands.getFirst();
        Tensor weight = RmsNormKernel.weight(operands, 1);
        Tensor y = kernelContext.allocate(x.type());
        norms.forward(
                size(x, weight),
                addressOf(x),
                addressOf(weight),
                operands.size() > 2 ? addressOf(operands.get(2)) : 0,
                addressOf(y));
        return List.of(y);
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        Tensor x = operands.getFirst();
        Tensor weight = RmsNormKernel.weight(operands, 1);
        Tensor dx = kernelContext.allocate(x.type());
        Tensor dw = kernelContext.allocate(weight.type());
        Optional<Tensor> db = kernelContext.allocate(operands.size() > 2, weight.type());
        norms.backward(
                size(x, weight),
                addressOf(x),
                addressOf(weight),
                addressOf(gradients.getFirst().orElseThrow()),
                addressOf(dx),
                addressOf(dw),
                db.map(KernelContext::addressOf).orElse(0L));
        return List.of(Optional.of(dx), Optional.of(dw), db).subList(0, operands.size());
    }
}
