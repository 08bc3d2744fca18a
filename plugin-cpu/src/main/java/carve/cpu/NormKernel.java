package carve.cpu;

import static carve.cpu.Engine.at;

import carve.api.device.Kernel;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/** {@link carve.api.op.RmsNorm} and {@link carve.api.op.GatedRmsNorm}: operands x, the gate if there is one, weight. */
final class NormKernel implements Kernel {
    private final Engine engine;
    private final Norms norms;
    private final float epsilon;
    private final Norms.Gate gate;

    NormKernel(Engine engine, double epsilon, Norms.Gate gate) {
        this.engine = engine;
        this.norms = new Norms(engine.workers());
        this.epsilon = (float) epsilon;
        this.gate = gate;
    }

    @Override
    public String name() {
        return "vector-rms";
    }

    @Override
    public boolean differentiable() {
        return true;
    }

    static Norms.Size size(TensorType x, TensorType weight, float epsilon, Norms.Gate gate) {
        int width = x.shape().extent(-1);
        return new Norms.Size(
                (int) (x.shape().size() / width), width, (int) (weight.shape().size() / width), epsilon, gate);
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        Tensor x = operands.getFirst();
        Tensor weight = operands.getLast();
        Tensor y = engine.make(x.type());
        norms.rms(size(x.type(), weight.type(), epsilon, gate), at(x), at(weight), gate(operands), at(y));
        return List.of(y);
    }

    private long gate(List<Tensor> operands) {
        return gate == Norms.Gate.NONE ? 0 : at(operands.get(1));
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        Tensor x = operands.getFirst();
        Tensor weight = operands.getLast();
        Tensor dy = gradients.getFirst().orElseThrow();
        Tensor dx = engine.make(x.type());
        Tensor dw = engine.make(weight.type());
        boolean gated = gate != Norms.Gate.NONE;
        Optional<Tensor> dg = engine.make(gated, x.type());
        norms.rmsBackward(
                size(x.type(), weight.type(), epsilon, gate),
                at(x),
                at(weight),
                gate(operands),
                at(dy),
                at(dx),
                at(dw),
                dg.map(Engine::at).orElse(0L));
        return gated ? List.of(Optional.of(dx), dg, Optional.of(dw)) : List.of(Optional.of(dx), Optional.of(dw));
    }
}
