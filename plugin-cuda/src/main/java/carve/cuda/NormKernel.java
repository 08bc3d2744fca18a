package carve.cuda;

import carve.api.device.Kernel;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/** {@link carve.api.op.RmsNorm} and {@link carve.api.op.GatedRmsNorm}, of x, the gate if there is one, and weight; keeps 1 / rms of each row. */
final class NormKernel implements Kernel {
    /** Whether a gate is there, and on which side of the norm; numbered as {@code norm.cu} numbers them. */
    enum Gating {
        /** No gate. */
        NONE,
        /** The norm, then the gate. */
        AFTER,
        /** The gate, then the norm. */
        BEFORE
    }

    private final Engine engine;
    private final float epsilon;
    private final Gating gating;

    NormKernel(Engine engine, double epsilon, Gating gating) {
        this.engine = engine;
        this.epsilon = (float) epsilon;
        this.gating = gating;
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
        return gating == Gating.NONE ? Long.valueOf(0) : operands.get(1);
    }

    private static int repeat(Tensor x, Tensor weight) {
        return (int) (weight.shape().size() / x.extent(-1));
    }

    private static long rows(Tensor x) {
        return x.shape().size() / x.extent(-1);
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        Tensor x = operands.getFirst();
        Tensor weight = operands.getLast();
        Tensor y = engine.make(x.type());
        Tensor scale = engine.make(TensorType.f32(Math.toIntExact(rows(x))));
        engine.stream()
                .run(
                        "norm",
                        "rms_forward",
                        Launch.Grid.of(rows(x)),
                        gating.ordinal(),
                        epsilon,
                        x,
                        gate(operands),
                        weight,
                        y,
                        scale,
                        x.extent(-1),
                        repeat(x, weight));
        return List.of(y, scale);
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        Tensor x = operands.getFirst();
        Tensor weight = operands.getLast();
        Tensor dy = gradients.getFirst().orElseThrow();
        Tensor dx = engine.make(x.type());
        Tensor dGate = engine.make(gating == Gating.NONE ? TensorType.f32(0) : x.type());
        engine.stream()
                .run(
                        "norm",
                        "rms_backward",
                        Launch.Grid.of(rows(x)),
                        gating.ordinal(),
                        x,
                        gate(operands),
                        weight,
                        results.get(1),
                        dy,
                        dx,
                        dGate,
                        x.extent(-1),
                        repeat(x, weight));
        Tensor dWeight = weight(operands, results.get(1), dy);
        return gating == Gating.NONE
                ? List.of(Optional.of(dx), Optional.of(dWeight))
                : List.of(Optional.of(dx), Optional.of(dGate), Optional.of(dWeight));
    }

    private Tensor weight(List<Tensor> operands, Tensor scale, Tensor dy) {
        Tensor x = operands.getFirst();
        Tensor weight = operands.getLast();
        int repeat = repeat(x, weight);
        long group = Engine.group(rows(x) / repeat);
        int groups = (int) ((rows(x) / repeat + group - 1) / group);
        int wide = Math.toIntExact(weight.shape().size());
        Tensor parts = engine.make(TensorType.f32(groups, wide));
        var grid = new Launch.Grid((wide + Launch.THREADS - 1) / Launch.THREADS, groups, 1);
        engine.stream()
                .run(
                        "norm",
                        "rms_weight",
                        grid,
                        gating.ordinal(),
                        x,
                        gate(operands),
                        scale,
                        dy,
                        parts,
                        rows(x),
                        group,
                        x.extent(-1),
                        repeat);
        return Engine.sum(parts, weight.type());
    }
}
