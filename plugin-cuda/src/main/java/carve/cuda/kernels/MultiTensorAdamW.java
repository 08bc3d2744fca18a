package carve.cuda.kernels;

import carve.api.op.AdamW;
import carve.api.tensor.Tensor;
import carve.cuda.gpu.GpuStream;
import carve.cuda.gpu.KernelLaunch;
import carve.cuda.gpu.MemoryPool;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Steps of {@link AdamW} that wait, so that those of many parameters are one launch; see {@code adamw.cu}.
 *
 * <p>They run when there are enough of them, when the host waits, or before anything is launched that has memory of theirs
 * among its arguments. Until then no memory that is given back is used again, since a step may still read it. So results
 * are what they would be one by one, to the bit.
 */
public final class MultiTensorAdamW implements GpuStream.DeferredLaunches {
    private static final int MOST = 48;
    private static final int CHUNK = 4096;
    private static final long MOST_HELD = 256L << 20;

    /** One parameter: operands, results, and what its value is multiplied with. */
    private record ParameterUpdate(List<Long> addresses, long size, float decay) {
        int blocks() {
            return Math.toIntExact((size + CHUNK - 1) / CHUNK);
        }
    }

    private final GpuStream gpuStream;
    private final MemoryPool pool;
    private final List<ParameterUpdate> steps = new ArrayList<>();
    private final Set<Long> touched = new HashSet<>();
    private AdamW hyperparameters = withoutDecay(new AdamW(0, 0, 0, 0, 0, 1));

    /** Makes an optimizer step that collects parameters on a stream. */
    public MultiTensorAdamW(GpuStream gpuStream, MemoryPool pool) {
        this.gpuStream = gpuStream;
        this.pool = pool;
    }

    private static AdamW withoutDecay(AdamW op) {
        return new AdamW(op.learningRate(), op.beta1(), op.beta2(), op.epsilon(), 0, op.step());
    }

    /** Adds a step; the results may be used as if it had been done. */
    void add(AdamW op, List<Tensor> operands, List<Tensor> results) {
        List<Long> addresses = new ArrayList<>();
        operands.forEach(operand -> addresses.add(GpuStream.address(operand)));
        results.forEach(result -> addresses.add(GpuStream.address(result)));
        if (!hyperparameters.equals(withoutDecay(op)) || addresses.stream().anyMatch(touched::contains)) {
            flush();
        }
        hyperparameters = withoutDecay(op);
        pool.deferReuse(true);
        touched.addAll(addresses);
        steps.add(new ParameterUpdate(
                addresses, operands.getFirst().shape().size(), (float) (1 - op.learningRate() * op.weightDecay())));
        if (steps.size() == MOST || pool.deferredBytes() > MOST_HELD) {
            flush();
        }
    }

    @Override
    public boolean touches(long address) {
        return touched.contains(address);
    }

    @Override
    public void flush() {
        if (steps.isEmpty()) {
            return;
        }
        KernelLaunch.StructArgument table = table();
        int blocks = steps.stream().mapToInt(ParameterUpdate::blocks).sum();
        steps.clear();
        touched.clear();
        gpuStream.launch(
                "adamw",
                "adamw",
                KernelLaunch.Grid.of(blocks),
                table,
                (float) (hyperparameters.learningRate() / hyperparameters.biasCorrection1()),
                (float) hyperparameters.beta1(),
                (float) hyperparameters.beta2(),
                (float) (1 - hyperparameters.beta1()),
                (float) (1 - hyperparameters.beta2()),
                (float) (1 / hyperparameters.biasCorrection2()),
                (float) hyperparameters.epsilon());
        pool.deferReuse(false);
    }

    /** The structure {@code Parameters} of {@code adamw.cu}. */
    private KernelLaunch.StructArgument table() {
        long[] parameters = new long[8 * MOST];
        int[] start = new int[MOST + 1];
        int[] decay = new int[MOST];
        for (int i = 0; i < steps.size(); i++) {
            ParameterUpdate parameterUpdate = steps.get(i);
            for (int j = 0; j < 7; j++) {
                parameters[8 * i + j] = parameterUpdate.addresses().get(j);
            }
            parameters[8 * i + 7] = parameterUpdate.size();
            start[i + 1] = start[i] + parameterUpdate.blocks();
            decay[i] = Float.floatToRawIntBits(parameterUpdate.decay());
        }
        return new KernelLaunch.StructArgument(parameters, start, decay, steps.size());
    }
}
