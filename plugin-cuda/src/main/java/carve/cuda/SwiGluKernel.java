package carve.cuda;

import carve.api.device.Kernel;
import carve.api.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/** {@link carve.api.op.SwiGlu}. */
final class SwiGluKernel implements Kernel {
    private final Engine engine;

    SwiGluKernel(Engine engine) {
        this.engine = engine;
    }

    @Override
    public String name() {
        return "swiglu";
    }

    @Override
    public boolean differentiable() {
        return true;
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        Tensor y = engine.make(operands.getFirst().type());
        long n = y.shape().size();
        engine.stream().run("swiglu", "swiglu_forward", Launch.Grid.over(n), operands.get(0), operands.get(1), y, n);
        return List.of(y);
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        Tensor da = engine.make(operands.get(0).type());
        Tensor db = engine.make(operands.get(1).type());
        long n = da.shape().size();
        engine.stream()
                .run(
                        "swiglu",
                        "swiglu_backward",
                        Launch.Grid.over(n),
                        operands.get(0),
                        operands.get(1),
                        gradients.getFirst().orElseThrow(),
                        da,
                        db,
                        n);
        return List.of(Optional.of(da), Optional.of(db));
    }
}
