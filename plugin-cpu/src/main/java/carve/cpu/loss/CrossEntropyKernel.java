package carve.cpu.loss;

import static carve.cpu.kernel.KernelContext.addressOf;

import carve.api.device.Kernel;
import carve.api.tensor.DType;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.cpu.kernel.KernelContext;
import carve.cpu.memory.NativeMemory;
import carve.cpu.simd.Elementwise;
import java.util.List;
import java.util.Optional;

/** {@link carve.api.op.CrossEntropy}; keeps the logarithm of the sum of exponentials of each row. */
public final class CrossEntropyKernel implements Kernel {
    private static final int GRAIN = 8 * 1024;

    private final KernelContext kernelContext;

    /** Makes the kernel. */
    public CrossEntropyKernel(KernelContext kernelContext) {
        this.kernelContext = kernelContext;
    }

    /** Returns whether there is a kernel for these operands. */
    public static boolean supports(List<TensorType> operands) {
        return operands.get(0).dtype() == DType.F32 && operands.get(0).shape().size() > 0;
    }

    @Override
    public String name() {
        return "cross-entropy";
    }

    @Override
    public boolean differentiable() {
        return true;
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        return forwardAndSave(operands).subList(0, 1);
    }

    @Override
    public List<Tensor> forwardAndSave(List<Tensor> operands) {
        Tensor logits = operands.get(0);
        int rows = logits.extent(0);
        int n = logits.extent(1);
        Tensor loss = kernelContext.allocate(TensorType.f32(rows));
        Tensor sums = kernelContext.allocate(TensorType.f32(rows));
        long x = addressOf(logits);
        long targets = addressOf(operands.get(1));
        long toLoss = addressOf(loss);
        long toSums = addressOf(sums);
        int perTask = Math.max(1, GRAIN / n);
        kernelContext.threads().parallelFor((rows + perTask - 1) / perTask, (task, scratchpad) -> {
            for (int row = task * perTask; row < Math.min(rows, (task + 1) * perTask); row++) {
                long from = x + 4L * row * n;
                int target = NativeMemory.getInt(targets + 4L * row);
                double sum = target < 0 ? 0 : SoftmaxLoops.logSumExp(from, n, 1);
                // a target beyond the columns chooses nothing, as in the definition
                float chosen = target < 0 || target >= n ? 0 : NativeMemory.get(from + 4L * target);
                NativeMemory.set(toSums + 4L * row, (float) sum);
                NativeMemory.set(toLoss + 4L * row, (float) (sum - chosen));
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
        Tensor dx = kernelContext.allocate(logits.type());
        long x = addressOf(logits);
        long targets = addressOf(operands.get(1));
        long sums = addressOf(results.get(1));
        long dy = addressOf(gradients.getFirst().orElseThrow());
        long to = addressOf(dx);
        int perTask = Math.max(1, GRAIN / n);
        kernelContext.threads().parallelFor((rows + perTask - 1) / perTask, (task, scratchpad) -> {
            for (int row = task * perTask; row < Math.min(rows, (task + 1) * perTask); row++) {
                int target = NativeMemory.getInt(targets + 4L * row);
                float factor = NativeMemory.get(dy + 4L * row);
                long at = 4L * row * n;
                if (target < 0) {
                    Elementwise.fill(to + at, 0, n);
                    continue;
                }
                SoftmaxLoops.softmax(x + at, n, NativeMemory.get(sums + 4L * row), factor, to + at);
                if (target < n) {
                    long chosen = to + at + 4L * target;
                    NativeMemory.set(chosen, NativeMemory.get(chosen) - factor);
                }
            }
        });
        return List.of(Optional.of(dx), Optional.empty());
    }
}
