package carve.cpu.experts;

import static carve.cpu.kernel.KernelContext.addressOf;

import carve.api.device.Kernel;
import carve.api.op.TopKRouting;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.cpu.kernel.KernelContext;
import carve.cpu.thread.Scratchpad;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntConsumer;

/** {@link TopKRouting}: some rows for each task, by {@link RoutingRow} and, backward, {@link RoutingRowGradient}. */
public final class TopKRoutingKernel implements Kernel {
    private static final int GRAIN = 4 * 1024;

    private final KernelContext kernelContext;
    private final TopKRouting op;

    /** Makes the kernel. */
    public TopKRoutingKernel(KernelContext kernelContext, TopKRouting op) {
        this.kernelContext = kernelContext;
        this.op = op;
    }

    @Override
    public String name() {
        return "top-k-routing";
    }

    @Override
    public boolean differentiable() {
        return true;
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        Tensor logits = operands.getFirst();
        List<TensorType> types = op.results(operands.stream().map(Tensor::type).toList());
        Tensor weights = kernelContext.allocate(types.get(0));
        Tensor experts = kernelContext.allocate(types.get(1));
        long correction = operands.size() == 2 ? addressOf(operands.get(1)) : 0;
        int columns = logits.extent(1);
        eachRow(logits, scratchpad -> {
            var row = new RoutingRow(op, columns, scratchpad);
            return i -> {
                long at = 4L * i * op.experts();
                long from = addressOf(logits) + 4L * i * columns;
                row.choose(from, correction, addressOf(weights) + at, addressOf(experts) + at);
            };
        });
        return List.of(weights, experts);
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        Tensor logits = operands.getFirst();
        Tensor gradient = kernelContext.allocate(logits.type());
        Tensor weights = kernelContext.gradientOrZeros(
                gradients.getFirst(), results.getFirst().type());
        int columns = logits.extent(1);
        eachRow(logits, scratchpad -> {
            var row = new RoutingRowGradient(op, columns, scratchpad);
            return i -> {
                long at = 4L * i * op.experts();
                long offset = 4L * i * columns;
                row.differentiate(
                        addressOf(logits) + offset,
                        addressOf(results.get(1)) + at,
                        addressOf(weights) + at,
                        addressOf(gradient) + offset);
            };
        });
        return operands.size() == 1 ? List.of(Optional.of(gradient)) : List.of(Optional.of(gradient), Optional.empty());
    }

    private void eachRow(Tensor logits, Function<Scratchpad, IntConsumer> body) {
        int rows = logits.extent(0);
        int each = Math.max(1, GRAIN / logits.extent(1));
        kernelContext.threads().parallelFor((rows + each - 1) / each, (task, scratchpad) -> {
            IntConsumer row = body.apply(scratchpad);
            for (int i = task * each; i < Math.min(rows, (task + 1) * each); i++) {
                row.accept(i);
            }
        });
    }
}
