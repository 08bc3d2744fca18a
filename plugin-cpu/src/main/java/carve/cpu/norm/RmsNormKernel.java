package carve.cpu.norm;

import static carve.cpu.kernel.KernelContext.addressOf;

import carve.api.device.Kernel;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.cpu.kernel.KernelContext;
import java.util.List;
import java.util.Optional;

/** {@link carve.api.op.RmsNorm} and {@link carve.api.op.GatedRmsNorm}: operands x, the gate if there is one, weight. */
public final class RmsNormKernel implements Kernel {
    private final KernelContext kernelContext;
    private final RmsNormLoops rmsNormLoops;
    private final float epsilon;
    private final RmsNormLoops.Gate gate;

    /** Makes the kernel of a norm with its epsilon and the position of its gate. */
    public RmsNormKernel(KernelContext kernelContext, double epsilon, RmsNormLoops.Gate gate) {
        this.kernelContext = kernelContext;
        this.rmsNormLoops = new RmsNormLoops(kernelContext.threads());
        this.epsilon = (float) epsilon;
        this.gate = gate;
    }

    @Override
    public String name() {
        return "rms-norm";
    }

    @Override
    public boolean differentiable() {
        return true;
    }

    static RmsNormLoops.NormShape size(TensorType x, TensorType weight, float epsilon, RmsNormLoops.Gate gate) {
        int width = x.shape().extent(-1);
        return new RmsNormLoops.NormShape(
                (int) (x.shape().size() / width), width, (int) (weight.shape().size() / width), epsilon, gate);
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        Tensor x = operands.getFirst();
        Tensor weight = operands.getLast();
        Tensor y = kernelContext.allocate(x.type());
        rmsNormLoops.rms(
                size(x.type(), weight.type(), epsilon, gate),
                addressOf(x),
                addressOf(weight),
                gate(operands),
                addressOf(y));
        return List.of(y);
    }

    private long gate(List<Tensor> operands) {
        return gate == RmsNormLoops.Gate.NONE ? 0 : addressOf(operands.get(1));
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        Tensor x = operands.getFirst();
        Tensor weight = operands.getLast();
        Tensor dy = gradients.getFirst().orElseThrow();
        Tensor dx = kernelContext.allocate(x.type());
        Tensor dw = kernelContext.allocate(weight.type());
        boolean gated = gate != RmsNormLoops.Gate.NONE;
        Optional<Tensor> dg = kernelContext.allocate(gated, x.type());
        rmsNormLoops.rmsBackward(
                size(x.type(), weight.type(), epsilon, gate),
                addressOf(x),
                addressOf(weight),
                gate(operands),
                addressOf(dy),
                addressOf(dx),
                addressOf(dw),
                dg.map(KernelContext::addressOf).orElse(0L));
        return gated ? List.of(Optional.of(dx), dg, Optional.of(dw)) : List.of(Optional.of(dx), Optional.of(dw));
    }
}
