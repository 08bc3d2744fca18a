package carve.cpu;

import static carve.cpu.Engine.at;

import carve.api.device.Kernel;
import carve.api.tensor.DType;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/** {@link carve.api.op.CrossEntropy}; keeps the logarithm of the sum of exponentials of each row. */
final class CrossEntropyKernel implements Kernel {
    private static final int GRAIN = 8 * 1024;

    private final Engine engine;

    CrossEntropyKernel(Engine engine) {
        this.engine = engine;
    }

    /** Returns whether there is a kernel for these operands. */
    static boolean takes(List<TensorType> operands) {
        return operands.get(0).dtype() == DType.F32 && operands.get(0).shape().size() > 0;
    }

    @Override
    public String name() {
        return "vector-cross-entropy";
    }

    @Override
    public boolean differentiable() {
        return true;
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        Tensor logits = operands.get(0);
        int rows = logits.extent(0);
        int n = logits.extent(1);
        Tensor loss = engine.make(TensorType.f32(rows));
        Tensor sums = engine.make(TensorType.f32(rows));
        long x = at(logits);
        long targets = at(operands.get(1));
        long toLoss = at(loss);
        long toSums = at(sums);
        int perTask = Math.max(1, GRAIN / n);
        engine.workers().run((rows + perTask - 1) / perTask, (task, scratch) -> {
            for (int row = task * perTask; row < Math.min(rows, (task + 1) * perTask); row++) {
                long from = x + 4L * row * n;
                int target = Memory.getInt(targets + 4L * row);
                double sum = target < 0 ? 0 : Losses.logSumExp(from, n, 1);
                // a target beyond the columns chooses nothing, as in the definition
                float chosen = target < 0 || target >= n ? 0 : Memory.get(from + 4L * target);
                Memory.set(toSums + 4L * row, (float) sum);
                Memory.set(toLoss + 4L * row, (float) (sum - chosen));
            }
        });
        return List.of(loss, sums);
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        Tensor logits = operands.get(0);
        int rows = logits.extent(0);
        int n = logits.extent(1);
        Tensor dx = engine.make(logits.type());
        long x = at(logits);
        long targets = at(operands.get(1));
        long sums = at(results.get(1));
        long dy = at(gradients.getFirst().orElseThrow());
        long to = at(dx);
        int perTask = Math.max(1, GRAIN / n);
        engine.workers().run((rows + perTask - 1) / perTask, (task, scratch) -> {
            for (int row = task * perTask; row < Math.min(rows, (task + 1) * perTask); row++) {
                int target = Memory.getInt(targets + 4L * row);
                float factor = Memory.get(dy + 4L * row);
                long at = 4L * row * n;
                if (target < 0) {
                    Maps.fill(to + at, 0, n);
                    continue;
                }
                Losses.softmax(x + at, n, Memory.get(sums + 4L * row), factor, to + at);
                if (target < n) {
                    long chosen = to + at + 4L * target;
                    Memory.set(chosen, Memory.get(chosen) - factor);
                }
            }
        });
        return List.of(Optional.of(dx), Optional.empty());
    }
}
