package carve.cpu.kernel;

import static carve.cpu.memory.NativeMemory.F;
import static carve.cpu.memory.NativeMemory.LANES;
import static carve.cpu.memory.NativeMemory.load;
import static carve.cpu.memory.NativeMemory.store;

import carve.api.device.Kernel;
import carve.api.op.AdamW;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.cpu.memory.NativeMemory;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** {@link AdamW} in one pass; nobody differentiates it. */
public final class AdamWKernel implements Kernel {
    private static final int GRAIN = 16 * 1024;

    private final KernelContext kernelContext;
    private final AdamW op;

    /** Makes the kernel of an op. */
    public AdamWKernel(KernelContext kernelContext, AdamW op) {
        this.kernelContext = kernelContext;
        this.op = op;
    }

    @Override
    public String name() {
        return "adamw";
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        TensorType type = operands.getFirst().type();
        List<Tensor> results =
                List.of(kernelContext.allocate(type), kernelContext.allocate(type), kernelContext.allocate(type));
        long[] from = operands.stream().mapToLong(KernelContext::addressOf).toArray();
        long[] to = results.stream().mapToLong(KernelContext::addressOf).toArray();
        long size = type.shape().size();
        kernelContext.threads().parallelFor((int) ((size + GRAIN - 1) / GRAIN), (task, scratchpad) -> {
            long start = (long) task * GRAIN;
            step(from, to, 4 * start, (int) Math.min(GRAIN, size - start));
        });
        return results;
    }

    private void step(long[] from, long[] to, long start, int n) {
        float beta1 = (float) op.beta1();
        float rest1 = (float) (1 - op.beta1());
        float beta2 = (float) op.beta2();
        float rest2 = (float) (1 - op.beta2());
        float unbiased = (float) (1 / op.biasCorrection2());
        float rate = (float) (op.learningRate() / op.biasCorrection1());
        float kept = (float) (1 - op.learningRate() * op.weightDecay());
        FloatVector epsilon = FloatVector.broadcast(F, (float) op.epsilon());
        for (int i = 0; i < n; i += LANES) {
            VectorMask<Float> m = NativeMemory.firstLanes(n - i);
            long at = start + 4L * i;
            FloatVector gradient = load(from[1] + at, m);
            FloatVector mean = load(from[2] + at, m).mul(beta1).add(gradient.mul(rest1));
            FloatVector square =
                    load(from[3] + at, m).mul(beta2).add(gradient.mul(gradient).mul(rest2));
            FloatVector root = square.mul(unbiased).sqrt().add(epsilon);
            store(to[0] + at, load(from[0] + at, m).mul(kept).sub(mean.mul(rate).div(root)), m);
            store(to[1] + at, mean, m);
            store(to[2] + at, square, m);
        }
    }
}
