package carve.mamba2;

import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import java.util.List;

/**
 * What the states of several sessions remember after a step together, as the step left it: one row for each. Sessions that step
 * together again need not be taken apart and put side by side. Released with the last state that is a row of it.
 */
final class BatchedCache {
    private final Mamba2Cache cache;
    private final int rows;
    private final long rowBytes;
    private int users;

    /** Takes the memory, with the states of heads in one tensor, out of its scope. */
    BatchedCache(Mamba2Cache mamba2Cache) {
        this.cache = mamba2Cache;
        this.rows = mamba2Cache.convV().extent(0);
        this.users = rows;
        tensors().forEach(Scope::keep);
        this.rowBytes =
                tensors().stream().mapToLong(tensor -> tensor.type().bytes()).sum() / rows;
    }

    private List<Tensor> tensors() {
        return List.of(
                cache.convV(), cache.convK(), cache.convQ(), cache.ssmStates().getFirst());
    }

    /** Returns some rows that follow each other; all of them are not copied. */
    Mamba2Cache slice(int from, int to) {
        return from == 0 && to == rows ? cache : cache.slice(from, to);
    }

    /** Returns the bytes of a row. */
    long rowBytes() {
        return rowBytes;
    }

    /** A state is no longer a row. */
    void release() {
        users--;
        if (users == 0) {
            tensors().forEach(tensor -> tensor.buffer().close());
        }
    }
}
