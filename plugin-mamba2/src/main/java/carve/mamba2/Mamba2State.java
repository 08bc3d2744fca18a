package carve.mamba2;

import carve.api.mixer.MixerState;
import carve.api.mixer.StateTensors;
import carve.api.tensor.DType;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The state of a Mamba-2 mixer: of the same size after any number of positions. Saved in the official layout, but for the
 * current input, which the official window has as well.
 */
final class Mamba2State implements MixerState {
    /** (B, C, W-1): the last inputs of the channels of v, k and q. */
    private static final String CONV_STATE = "conv_state";

    /** (B, H, P, N). */
    private static final String SSM_STATE = "ssm_state";

    private final StateTensors tensors = new StateTensors();
    private final DType storageType;
    private Optional<BatchRow> row = Optional.empty();
    private int position;

    /** A row of what several states remember, in place of tensors of its own. */
    private record BatchRow(BatchedCache batch, int index) {
        Mamba2Cache cache(int rows) {
            return batch.slice(index, index + rows);
        }

        BatchRow after(int rows) {
            return new BatchRow(batch, index + rows);
        }
    }

    Mamba2State(DType stored, Mamba2Cache mamba2Cache) {
        this.storageType = stored;
        replaceTensors(mamba2Cache.cast(stored));
    }

    private void replaceTensors(Mamba2Cache mamba2Cache) {
        tensors.put("conv_v", mamba2Cache.convV());
        tensors.put("conv_k", mamba2Cache.convK());
        tensors.put("conv_q", mamba2Cache.convQ());
        tensors.put(SSM_STATE, mamba2Cache.ssmStates().getFirst());
        detachFromBatch();
    }

    private void detachFromBatch() {
        row.ifPresent(own -> own.batch.release());
        row = Optional.empty();
    }

    private void attachToBatch(BatchRow next, int positions) {
        detachFromBatch();
        tensors.close();
        row = Optional.of(next);
        position += positions;
    }

    /** Returns tensors that are this state's alone. */
    private StateTensors materialise() {
        row.ifPresent(shared -> replaceTensors(shared.cache(1)));
        return tensors;
    }

    /** Returns what it remembers, in F32. */
    Mamba2Cache cache() {
        return rows(1).cast(DType.F32);
    }

    private Mamba2Cache rows(int count) {
        return row.map(shared -> shared.cache(count))
                .orElseGet(() -> new Mamba2Cache(
                        tensors.get("conv_v"), tensors.get("conv_k"), tensors.get("conv_q"), tensors.get(SSM_STATE)));
    }

    /** Returns what states of one row each remember, side by side, in F32. */
    static Mamba2Cache concat(List<MixerState> states) {
        List<Mamba2Cache> runs = new ArrayList<>();
        for (int i = 0, count; i < states.size(); i += count) {
            Mamba2State first = (Mamba2State) states.get(i);
            count = first.consecutiveRows(states, i);
            runs.add(first.rows(count).cast(DType.F32));
        }
        return Mamba2Cache.concat(runs);
    }

    /** Returns how many states, from this one on, are rows that follow each other. */
    private int consecutiveRows(List<MixerState> states, int from) {
        if (row.isEmpty()) {
            return 1;
        }
        BatchRow own = row.get();
        int count = 1;
        while (from + count < states.size() && ((Mamba2State) states.get(from + count)).isRow(own.after(count))) {
            count++;
        }
        return count;
    }

    private boolean isRow(BatchRow other) {
        return row.filter(other::equals).isPresent();
    }

    /** Makes each state remember its row. */
    static void advance(List<MixerState> states, Mamba2Cache next, int positions) {
        if (next.ssmStates().size() > 1) {
            List<Mamba2Cache> rows = next.splitBatch();
            for (int r = 0; r < rows.size(); r++) {
                ((Mamba2State) states.get(r)).advance(rows.get(r), positions);
            }
            return;
        }
        BatchedCache all = new BatchedCache(next.cast(((Mamba2State) states.getFirst()).storageType));
        for (int r = 0; r < states.size(); r++) {
            ((Mamba2State) states.get(r)).attachToBatch(new BatchRow(all, r), positions);
        }
    }

    void advance(Mamba2Cache next, int positions) {
        replaceTensors(next.cast(storageType));
        position += positions;
    }

    @Override
    public int position() {
        return position;
    }

    @Override
    public long bytes() {
        return row.map(own -> own.batch.rowBytes()).orElseGet(tensors::bytes);
    }

    @Override
    public MixerState fork() {
        materialise();
        Mamba2Cache mamba2Cache = cache();
        Mamba2State fork = new Mamba2State(
                storageType,
                new Mamba2Cache(
                        StateTensors.copy(mamba2Cache.convV()),
                        StateTensors.copy(mamba2Cache.convK()),
                        StateTensors.copy(mamba2Cache.convQ()),
                        StateTensors.copy(mamba2Cache.ssmStates().getFirst())));
        fork.position = position;
        return fork;
    }

    @Override
    public Map<String, Tensor> save() {
        StateTensors own = materialise();
        List<Tensor> windows = List.of(own.get("conv_v"), own.get("conv_k"), own.get("conv_q"));
        return Map.of(CONV_STATE, Tensors.concat(1, windows), SSM_STATE, own.get(SSM_STATE));
    }

    @Override
    public void load(Map<String, Tensor> saved, int newPosition) {
        Map<String, Tensor> own = save();
        boolean fits = saved.keySet().equals(own.keySet())
                && saved.entrySet().stream()
                        .allMatch(e ->
                                e.getValue().type().equals(own.get(e.getKey()).type()));
        if (!fits) {
            throw new IllegalArgumentException("a mamba2 state %s cannot be loaded from %s".formatted(own, saved));
        }
        int kv = cache().convV().extent(1);
        Tensor conv = saved.get(CONV_STATE);
        replaceTensors(new Mamba2Cache(
                copy(conv, 0, kv),
                copy(conv, kv, 2 * kv),
                copy(conv, 2 * kv, conv.extent(1)),
                StateTensors.copy(saved.get(SSM_STATE))));
        position = newPosition;
    }

    private static Tensor copy(Tensor conv, int from, int to) {
        return StateTensors.copy(conv.slice(1, from, to));
    }

    @Override
    public void close() {
        detachFromBatch();
        tensors.close();
    }
}
