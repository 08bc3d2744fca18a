package carve.cpu.gemm;

import carve.cpu.simd.Elementwise;
import carve.cpu.thread.ThreadPool;
import java.util.List;

/**
 * Matrix products: each goes to the first strategy of a table that supports it, see {@link GemmStrategies}.
 *
 * <p>The choice depends on extents, storage types and settings, never on timing, so the same program gives the same bits.
 */
public final class Gemm {
    private static final int BIAS_ELEMENTS_PER_TASK = 16 * 1024;

    private final ThreadPool threadPool;
    private final GemmStrategy[] strategies;

    /**
     * Makes the products of a device.
     *
     * @param strategies the table; the last accepts every problem
     */
    public Gemm(ThreadPool threadPool, List<GemmStrategy> strategies) {
        this.threadPool = threadPool;
        this.strategies = strategies.toArray(GemmStrategy[]::new);
    }

    /**
     * Writes C.
     *
     * @throws carve.api.device.DeviceException if the settings require a library that cannot be loaded
     */
    public void multiply(GemmProblem problem) {
        GemmStrategy strategy = select(problem);
        strategy.kernel().multiply(problem);
        if (problem.bias() != 0 && !strategy.addsBias()) {
            addBias(problem);
        }
    }

    /** Returns the first strategy that supports a problem. */
    GemmStrategy select(GemmProblem problem) {
        for (GemmStrategy strategy : strategies) {
            if (strategy.supports(problem)) {
                return strategy;
            }
        }
        throw new IllegalStateException("cpu: no strategy for " + problem);
    }

    /** Returns the table, in the order in which strategies are tried. */
    public List<GemmStrategy> strategies() {
        return List.of(strategies);
    }

    private void addBias(GemmProblem p) {
        int rows = Math.max(1, BIAS_ELEMENTS_PER_TASK / p.n());
        threadPool.parallelFor((p.m() + rows - 1) / rows, (task, scratchpad) -> {
            for (int row = task * rows; row < Math.min(p.m(), (task + 1) * rows); row++) {
                Elementwise.accumulate(p.bias(), p.c().address() + 4L * row * p.n(), p.n());
            }
        });
    }
}
