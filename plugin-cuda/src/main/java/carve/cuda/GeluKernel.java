package carve.cuda;

import carve.api.device.Kernel;
import carve.api.op.Gelu;
import carve.api.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/** {@link Gelu} in one pass; its primitives take up to nine. */
record GeluKernel(Engine engine, Gelu op) implements Kernel {
    @Override
    public String name() {
        return "gelu";
    }

    @Override
    public boolean differentiable() {
        return true;
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        Tensor y = engine.make(operands.getFirst().type());
        long n = y.shape().size();
        engine.stream().run("gelu", "gelu_forward", Launch.Grid.over(n), operands.getFirst(), y, n, op.byTanh());
        return List.of(y);
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        Tensor x = operands.getFirst();
        Tensor dx = engine.make(x.type());
        long n = dx.shape().size();
        Tensor dy = gradients.getFirst().orElseThrow();
        engine.stream().run("gelu", "gelu_backward", Launch.Grid.over(n), x, dy, dx, n, op.byTanh());
        return List.of(Optional.of(dx));
    }
}
