package carve.cpu.norm;

import static carve.cpu.kernel.KernelContext.addressOf;

import carve.api.device.Kernel;
import carve.api.op.GatedRmsNorm;
import carve.api.op.RmsNorm;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import carve.cpu.kernel.KernelContext;
import java.util.List;
import java.util.Optional;

/** {@link RmsNorm} and {@link GatedRmsNorm}: operands x, the gate and the weight if there are any. */
public final class RmsNormKernel implements Kernel {
    private final KernelContext kernelContext;
    private final RmsNormLoops rmsNormLoops;
    private final float epsilon;
    private final float offset;
    private final RmsNormLoops.Gate gate;

    /** Makes the kernel of a norm without a gate. */
    public RmsNormKernel(KernelContext kernelContext, RmsNorm op) {
        this(kernelContext, op.epsilon(), op.offset(), RmsNormLoops.Gate.NONE);
    }

    /** Makes the kernel of a norm with a gate. */
    public RmsNormKernel(KernelContext kernelContext, GatedRmsNorm op) {
        this(kernelContext, op.epsilon(), 0, op.gateFirst() ? RmsNormLoops.Gate.BEFORE : RmsNormLoops.Gate.AFTER);
    }

    private RmsNormKernel(KernelContext kernelContext, double epsilon, double offset, RmsNormLoops.Gate gate) {
        this.kernelContext = kernelContext;
        this.rmsNormLoops = new RmsNormLoops(kernelContext.threads());
        this.epsilon = (float) epsilon;
        this.offset = (float) offset;
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

    static RmsNormLoops.NormShape size(
            TensorType x, TensorType weight, float epsilon, float offset, RmsNormLoops.Gate gate) {
        int width = x.shape().extent(-1);
        return new RmsNormLoops.NormShape(
                (int) (x.shape().size() / width), width, (int) (weight.shape().size() / width), epsilon, offset, gate);
    }

    /** Returns the weight among operands, or ones where there is none. */
    static Tensor weight(List<Tensor> operands, int index) {
        Tensor x = operands.getFirst();
        return index < operands.size() ? operands.get(index) : Tensors.ones(x.device(), Shape.of(x.extent(-1)));
    }

    private Tensor weight(List<Tensor> operands) {
        return weight(operands, gate == RmsNormLoops.Gate.NONE ? 1 : 2);
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        Tensor x = operands.getFirst();
        Tensor weight = weight(operands);
        Tensor y = kernelContext.allocate(x.type());
        rmsNormLoops.rms(
                size(x.type(), weight.type(), epsilon, offset, gate),
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
        Tensor weight = weight(operands);
        Tensor dy = gradients.getFirst().orElseThrow();
        Tensor dx = kernelContext.allocate(x.type());
        Tensor dw = kernelContext.allocate(weight.type());
        boolean gated = gate != RmsNormLoops.Gate.NONE;
        Optional<Tensor> dg = kernelContext.allocate(gated, x.type());
        rmsNormLoops.rmsBackward(
                size(x.type(), weight.type(), epsilon, offset, gate),
                addressOf(x),
                addressOf(weight),
                gate(operands),
                addressOf(dy),
                addressOf(dx),
                addressOf(dw),
                dg.map(KernelContext::addressOf).orElse(0L));
        return gated
                ? List.of(Optional.of(dx), dg, Optional.of(dw))
                : List.of(Optional.of(dx), Optional.of(dw)).subList(0, operands.size());
    }
}
