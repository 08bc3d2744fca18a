package carve.cuda.kernels;

import carve.api.device.Kernel;
import carve.api.op.GatedRmsNorm;
import carve.api.op.RmsNorm;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.cuda.gpu.KernelLaunch;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@link RmsNorm} and {@link GatedRmsNorm}, of x, and the gate and the weight if there are any; keeps 1 / rms of each row. */
final class RmsNormKernel implements Kernel {
    /** The gate of a norm: none, or on which side of it; numbered as {@code norm.cu} numbers them. */
    enum GatePosition {
        /** No gate. */
        NONE,
        /** The norm, then the gate. */
        AFTER_NORM,
        /** The gate, then the norm. */
        BEFORE_NORM
    }

    private final KernelContext kernelContext;
    private final float epsilon;
    private final float offset;
    private final GatePosition gatePosition;

    RmsNormKernel(KernelContext kernelContext, RmsNorm op) {
        this(kernelContext, op.epsilon(), op.offset(), GatePosition.NONE);
    }

    RmsNormKernel(KernelContext kernelContext, GatedRmsNorm op) {
        this(kernelContext, op.epsilon(), 0, op.gateFirst() ? GatePosition.BEFORE_NORM : GatePosition.AFTER_NORM);
    }

    private RmsNormKernel(KernelContext kernelContext, double epsilon, double offset, GatePosition gatePosition) {
        this.kernelContext = kernelContext;
        this.epsilon = (float) epsilon;
        this.offset = (float) offset;
        this.gatePosition = gatePosition;
    }

    @Override
    public String name() {
        return "rms-rows";
    }

    @Override
    public boolean differentiable() {
        return true;
    }

    private Object gate(List<Tensor> operands) {
        return gatePosition == GatePosition.NONE ? Long.valueOf(0) : operands.get(1);
    }

    private boolean hasWeight(List<Tensor> operands) {
        return operands.size() == (gatePosition == GatePosition.NONE ? 2 : 3);
    }

    private Object weight(List<Tensor> operands) {
        return hasWeight(operands) ? operands.getLast() : Long.valueOf(0);
    }

    private int repeat(List<Tensor> operands) {
        return hasWeight(operands)
                ? (int) (operands.getLast().shape().size() / operands.getFirst().extent(-1))
                : 1;
    }

    private static long rows(Tensor x) {
        return x.shape().size() / x.extent(-1);
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        return forwardAndSave(operands).subList(0, 1);
    }

    @Override
    public List<Tensor> forwardAndSave(List<Tensor> operands) {
        Tensor x = operands.getFirst();
        Tensor y = kernelContext.allocate(x.type());
        Tensor scale = kernelContext.allocate(TensorType.f32(Math.toIntExact(rows(x))));
        kernelContext
                .gpuStream()
                .launch(
                        "norm",
                        "rms_forward",
                        KernelLaunch.Grid.of(rows(x)),
                        gatePosition.ordinal(),
                        epsilon,
                        offset,
                        x,
                        gate(operands),
                        weight(operands),
                        y,
                        scale,
                        x.extent(-1),
                        repeat(operands));
        return List.of(y, scale);
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        Tensor x = operands.getFirst();
        Tensor dy = gradients.getFirst().orElseThrow();
        Tensor dx = kernelContext.allocate(x.type());
        Tensor dGate = kernelContext.allocate(gatePosition == GatePosition.NONE ? TensorType.f32(0) : x.type());
        kernelContext
                .gpuStream()
                .launch(
                        "norm",
                        "rms_backward",
                        KernelLaunch.Grid.of(rows(x)),
                        gatePosition.ordinal(),
                        offset,
                        x,
                        gate(operands),
                        weight(operands),
                        results.get(1),
                        dy,
                        dx,
                        dGate,
                        x.extent(-1),
                        repeat(operands));
        List<Optional<Tensor>> all = new ArrayList<>(List.of(Optional.of(dx)));
        if (gatePosition != GatePosition.NONE) {
            all.add(Optional.of(dGate));
        }
        if (hasWeight(operands)) {
            all.add(Optional.of(weightGradient(operands, results.get(1), dy)));
        }
        return List.copyOf(all);
    }

    private Tensor weightGradient(List<Tensor> operands, Tensor scale, Tensor dy) {
        Tensor x = operands.getFirst();
        Tensor weight = operands.getLast();
        int repeat = repeat(operands);
        long group = KernelContext.rowsPerGroup(rows(x) / repeat);
        int groups = (int) ((rows(x) / repeat + group - 1) / group);
        int wide = Math.toIntExact(weight.shape().size());
        Tensor parts = kernelContext.allocate(TensorType.f32(groups, wide));
        var grid = new KernelLaunch.Grid((wide + KernelLaunch.THREADS - 1) / KernelLaunch.THREADS, groups, 1);
        kernelContext
                .gpuStream()
                .launch(
                        "norm",
                        "rms_weight",
                        grid,
                        gatePosition.ordinal(),
                        x,
                        gate(operands),
                        scale,
                        dy,
                        parts,
                        rows(x),
                        group,
                        x.extent(-1),
                        repeat);
        return KernelContext.sumGroups(parts, weight.type());
    }
}
