package carve.cpu.loss;

import static carve.cpu.kernel.KernelContext.addressOf;

import carve.api.device.Kernel;
import carve.api.op.KlDivergence;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.cpu.kernel.KernelContext;
import carve.cpu.memory.NativeMemory;
import java.util.List;
import java.util.Optional;

/** {@link KlDivergence}; keeps the logarithms of the sums of exponentials of both, (M, 2). */
public final class KlDivergenceKernel implements Kernel {
    private static final int GRAIN = 4 * 1024;

    private final KernelContext kernelContext;
    private final float scale;

    /** Makes the kernel of an op. */
    public KlDivergenceKernel(KernelContext kernelContext, KlDivergence op) {
        this.kernelContext = kernelContext;
        this.scale = (float) (1 / op.temperature());
    }

    @Override
    public String name() {
        return "kl-divergence";
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
        int rows = operands.get(0).extent(0);
        int n = operands.get(0).extent(1);
        Tensor result = kernelContext.allocate(TensorType.f32(rows));
        Tensor sums = kernelContext.allocate(TensorType.f32(rows, 2));
        long student = addressOf(operands.get(0));
        long teacher = addressOf(operands.get(1));
        long to = addressOf(result);
        long kept = addressOf(sums);
        int perTask = Math.max(1, GRAIN / n);
        kernelContext.threads().parallelFor((rows + perTask - 1) / perTask, (task, scratchpad) -> {
            for (int row = task * perTask; row < Math.min(rows, (task + 1) * perTask); row++) {
                long at = 4L * row * n;
                float q = (float) SoftmaxLoops.logSumExp(student + at, n, scale);
                float p = (float) SoftmaxLoops.logSumExp(teacher + at, n, scale);
                NativeMemory.set(kept + 8L * row, q);
                NativeMemory.set(kept + 8L * row + 4, p);
                NativeMemory.set(to + 4L * row, SoftmaxLoops.divergence(student + at, teacher + at, n, scale, q, p));
            }
        });
        return List.of(result, sums);
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        int rows = operands.get(0).extent(0);
        int n = operands.get(0).extent(1);
        Optional<Tensor> dStudent =
                kernelContext.allocate(wanted.get(0), operands.get(0).type());
        Optional<Tensor> dTeacher =
                kernelContext.allocate(wanted.get(1), operands.get(1).type());
        long student = addressOf(operands.get(0));
        long teacher = addressOf(operands.get(1));
        long result = addressOf(results.get(0));
        long kept = addressOf(results.get(1));
        long dy = addressOf(gradients.getFirst().orElseThrow());
        long toStudent = dStudent.map(KernelContext::addressOf).orElse(0L);
        long toTeacher = dTeacher.map(KernelContext::addressOf).orElse(0L);
        int perTask = Math.max(1, GRAIN / n);
        kernelContext.threads().parallelFor((rows + perTask - 1) / perTask, (task, scratchpad) -> {
            for (int row = task * perTask; row < Math.min(rows, (task + 1) * perTask); row++) {
                long at = 4L * row * n;
                float q = NativeMemory.get(kept + 8L * row);
                float p = NativeMemory.get(kept + 8L * row + 4);
                float factor = NativeMemory.get(dy + 4L * row) * scale;
                if (toStudent != 0) {
                    SoftmaxLoops.studentGradient(student + at, teacher + at, n, scale, q, p, factor, toStudent + at);
                }
                if (toTeacher != 0) {
                    SoftmaxLoops.teacherGradient(
                            student + at,
                            teacher + at,
                            n,
                            scale,
                            q,
                            p,
                            NativeMemory.get(result + 4L * row),
                            factor,
                            toTeacher + at);
                }
            }
        });
        return List.of(dStudent, dTeacher);
    }
}
