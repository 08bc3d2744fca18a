package carve.cuda;

import carve.api.device.Kernel;
import carve.api.op.AdamW;
import carve.api.tensor.Tensor;
import java.util.List;

/** {@link AdamW}. */
final class AdamWKernel implements Kernel {
    private final Engine engine;
    private final AdamW op;

    AdamWKernel(Engine engine, AdamW op) {
        this.engine = engine;
        this.op = op;
    }

    @Override
    public String name() {
        return "adamw";
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        List<Tensor> next = operands.stream()
                .limit(3)
                .map(x -> engine.make(operands.getFirst().type()))
                .toList();
        long n = next.getFirst().shape().size();
        engine.stream()
                .run(
                        "adamw",
                        "adamw",
                        Launch.Grid.over(n),
                        operands.get(0),
                        operands.get(1),
                        operands.get(2),
                        operands.get(3),
                        next.get(0),
                        next.get(1),
                        next.get(2),
                        n,
                        (float) (op.rate() / op.meanCorrection()),
                        (float) op.beta1(),
                        (float) op.beta2(),
                        (float) (1 - op.beta1()),
                        (float) (1 - op.beta2()),
                        (float) (1 / op.squareCorrection()),
                        (float) op.epsilon(),
                        (float) (1 - op.rate() * op.decay()));
        return next;
    }
}
