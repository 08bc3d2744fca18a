package carve.cuda;

import carve.api.op.AdamW;
import carve.api.tensor.Tensor;
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
final class Steps implements Stream.Waiting {
    private static final int MOST = 48;
    private static final int CHUNK = 4096;
    private static final long MOST_HELD = 256L << 20;

    /** One parameter: operands, results, and what its value is multiplied with. */
    private record Step(List<Long> addresses, long size, float decay) {
        int blocks() {
            return Math.toIntExact((size + CHUNK - 1) / CHUNK);
        }
    }

    private final Stream stream;
    private final MemoryPool pool;
    private final List<Step> steps = new ArrayList<>();
    private final Set<Long> touched = new HashSet<>();
    private AdamW common = withoutDecay(new AdamW(0, 0, 0, 0, 0, 1));

    Steps(Stream stream, MemoryPool pool) {
        this.stream = stream;
        this.pool = pool;
    }

    private static AdamW withoutDecay(AdamW op) {
        return new AdamW(op.rate(), op.beta1(), op.beta2(), op.epsilon(), 0, op.step());
    }

    /** Adds a step; the results may be used as if it had been done. */
    void add(AdamW op, List<Tensor> operands, List<Tensor> results) {
        List<Long> addresses = new ArrayList<>();
        operands.forEach(operand -> addresses.add(Stream.at(operand)));
        results.forEach(result -> addresses.add(Stream.at(result)));
        if (!common.equals(withoutDecay(op)) || addresses.stream().anyMatch(touched::contains)) {
            run();
        }
        common = withoutDecay(op);
        pool.hold(true);
        touched.addAll(addresses);
        steps.add(new Step(addresses, operands.getFirst().shape().size(), (float) (1 - op.rate() * op.decay())));
        if (steps.size() == MOST || pool.heldBytes() > MOST_HELD) {
            run();
        }
    }

    @Override
    public boolean touches(long address) {
        return touched.contains(address);
    }

    @Override
    public void run() {
        if (steps.isEmpty()) {
            return;
        }
        Launch.Struct table = table();
        int blocks = steps.stream().mapToInt(Step::blocks).sum();
        steps.clear();
        touched.clear();
        stream.run(
                "adamw",
                "adamw",
                Launch.Grid.of(blocks),
                table,
                (float) (common.rate() / common.meanCorrection()),
                (float) common.beta1(),
                (float) common.beta2(),
                (float) (1 - common.beta1()),
                (float) (1 - common.beta2()),
                (float) (1 / common.squareCorrection()),
                (float) common.epsilon());
        pool.hold(false);
    }

    /** The structure {@code Parameters} of {@code adamw.cu}. */
    private Launch.Struct table() {
        long[] parameters = new long[8 * MOST];
        int[] start = new int[MOST + 1];
        int[] decay = new int[MOST];
        for (int i = 0; i < steps.size(); i++) {
            Step step = steps.get(i);
            for (int j = 0; j < 7; j++) {
                parameters[8 * i + j] = step.addresses().get(j);
            }
            parameters[8 * i + 7] = step.size();
            start[i + 1] = start[i] + step.blocks();
            decay[i] = Float.floatToRawIntBits(step.decay());
        }
        return new Launch.Struct(parameters, start, decay, steps.size());
    }
}
