package carve.cpu;

import static carve.cpu.Engine.at;

import carve.api.device.Kernel;
import carve.api.op.LayerNorm;
import carve.api.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/** {@link LayerNorm}. */
final class LayerNormKernel implements Kernel {
    private final Engine engine;
    private final LayerNorms norms;
    private final LayerNorm op;

    LayerNormKernel(Engine engine, LayerNorm op) {
        this.engine = engine;
        this.norms = new LayerNorms(engine.workers());
        this.op = op;
    }

    @Override
    public String name() {
        return "vector-layer-norm";
    }

    @Override
    public boolean differentiable() {
        return true;
    }

    private Norms.Size size(List<Tensor> operands) {
        return NormKernel.size(operands.get(0).type(), operands.get(1).type(), (float) op.epsilon(), Norms.Gate.NONE);
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        Tensor y = engine.make(operands.getFirst().type());
        norms.forward(size(operands), at(operands.get(0)), at(operands.get(1)), at(operands.get(2)), at(y));
        return List.of(y);
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        Tensor dx = engine.make(operands.get(0).type());
        Tensor dw = engine.make(operands.get(1).type());
        Tensor db = engine.make(operands.get(2).type());
        norms.backward(
                size(operands),
                at(operands.get(0)),
                at(operands.get(1)),
                at(gradients.getFirst().orElseThrow()),
                at(dx),
                at(dw),
                at(db));
        return List.of(Optional.of(dx), Optional.of(dw), Optional.of(db));
    }
}
