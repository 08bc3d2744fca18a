package carve.cuda;

import carve.api.device.Kernel;
import carve.api.op.AdamW;
import carve.api.tensor.Tensor;
import java.util.List;

/** {@link AdamW}: with those of other parameters, see {@link Steps}. */
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
        engine.steps().add(op, operands, next);
        return next;
    }
}
