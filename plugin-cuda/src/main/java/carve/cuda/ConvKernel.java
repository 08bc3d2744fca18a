package carve.cuda;

import carve.api.device.Kernel;
import carve.api.op.CausalConv;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/** {@link CausalConv}. */
final class ConvKernel implements Kernel {
    private final Engine engine;
    private final CausalConv op;

    ConvKernel(Engine engine, CausalConv op) {
        this.engine = engine;
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
    private Launch.Struct conv(List<Tensor> operands) {
        Tensor x = operands.getFirst();
        return new Launch.Struct(
                x,
                operands.get(1),
                operands.get(2),
                operands.get(3),
                engine.spans(op.sequences()),
                x.extent(2),
                operands.get(1).extent(2),
                op.silu(),
                0);
    }

    private Launch.Grid grid(long elements) {
        return new Launch.Grid(Launch.Grid.over(elements).x(), op.sequences().count(), 1);
    }

    private long longest(Tensor x) {
        return (long) op.sequences().longest() * x.extent(2);
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        Tensor x = operands.getFirst();
        Tensor state = operands.get(3);
        Tensor y = engine.make(x.type());
        Tensor next = engine.make(state.type());
        Launch.Struct conv = conv(operands);
        engine.stream().run("causal_conv", "conv_forward", grid(longest(x)), conv, y);
        if (state.shape().size() > 0) {
            engine.stream().run("causal_conv", "conv_state", grid((long) x.extent(2) * state.extent(2)), conv, next);
        }
        return List.of(y, next);
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        Tensor x = operands.getFirst();
        Tensor weight = operands.get(1);
        Tensor dx = engine.make(x.type());
        Tensor dState = engine.make(operands.get(3).type());
        Tensor dz = engine.make(x.type());
        Launch.Struct conv = conv(operands);
        Tensor dy = engine.gradient(gradients.get(0), x.type());
        engine.stream().run("causal_conv", "conv_slope", grid(longest(x)), conv, dy, dz);
        Object dNext = gradients.get(1).map(Object.class::cast).orElse(0L);
        long all = longest(x) + (long) (weight.extent(2) - 1) * x.extent(2);
        engine.stream().run("causal_conv", "conv_backward", grid(all), conv, dz, dNext, dx, dState);
        int group = (int) Engine.group(op.sequences().longest());
        int groups = (op.sequences().longest() + group - 1) / group;
        int parts = groups * op.sequences().count();
        Tensor weights = engine.make(TensorType.f32(parts, x.extent(2), weight.extent(2)));
        Tensor biases = engine.make(TensorType.f32(parts, x.extent(2)));
        var grid = new Launch.Grid(
                (x.extent(2) + Launch.THREADS - 1) / Launch.THREADS,
                groups,
                op.sequences().count());
        engine.stream().run("causal_conv", "conv_weight", grid, conv, dz, weights, biases, group);
        return List.of(
                Optional.of(dx),
                Optional.of(Engine.sum(weights, weight.type())),
                Optional.of(Engine.sum(biases, operands.get(2).type())),
                Optional.of(dState));
    }
}
