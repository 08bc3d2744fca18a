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
    private static final String CONV = "conv_state";

    /** (B, H, P, N). */
    private static final String SCAN = "ssm_state";

    private final StateTensors tensors = new StateTensors();
    private final DType stored;
    private Optional<Row> row = Optional.empty();
    private int position;

    /** A row of what several states remember, in place of tensors of its own. */
    private record Row(SideBySide all, int number) {
        Memory memory(int rows) {
            return all.rows(number, number + rows);
        }

        Row after(int rows) {
            return new Row(all, number + rows);
        }
    }

    Mamba2State(DType stored, Memory memory) {
        this.stored = stored;
        keep(memory.cast(stored));
    }

    private void keep(Memory memory) {
        tensors.put("conv_v", memory.convV());
        tensors.put("conv_k", memory.convK());
        tensors.put("conv_q", memory.convQ());
        tensors.put(SCAN, memory.scan().getFirst());
        leave();
    }

    private void leave() {
        row.ifPresent(own -> own.all.leave());
        row = Optional.empty();
    }

    private void follow(Row next, int positions) {
        leave();
        tensors.close();
        row = Optional.of(next);
        position += positions;
    }

    /** Returns tensors that are this state's alone. */
    private StateTensors own() {
        row.ifPresent(shared -> keep(shared.memory(1)));
        return tensors;
    }

    /** Returns what it remembers, in F32. */
    Memory memory() {
        return rows(1).cast(DType.F32);
    }

    private Memory rows(int count) {
        return row.map(shared -> shared.memory(count))
                .orElseGet(() -> new Memory(
                        tensors.get("conv_v"), tensors.get("conv_k"), tensors.get("conv_q"), tensors.get(SCAN)));
    }

    /** Returns what states of one row each remember, side by side, in F32. */
    static Memory join(List<MixerState> states) {
        List<Memory> runs = new ArrayList<>();
        for (int i = 0, count; i < states.size(); i += count) {
            Mamba2State first = (Mamba2State) states.get(i);
            count = first.followers(states, i);
            runs.add(first.rows(count).cast(DType.F32));
        }
        return Memory.join(runs);
    }

    /** Returns how many states, from this one on, are rows that follow each other. */
    private int followers(List<MixerState> states, int from) {
        if (row.isEmpty()) {
            return 1;
        }
        Row own = row.get();
        int count = 1;
        while (from + count < states.size() && ((Mamba2State) states.get(from + count)).isRow(own.after(count))) {
            count++;
        }
        return count;
    }

    private boolean isRow(Row other) {
        return row.filter(other::equals).isPresent();
    }

    /** Makes each state remember its row. */
    static void advance(List<MixerState> states, Memory next, int positions) {
        if (next.scan().size() > 1) {
            List<Memory> rows = next.rows();
            for (int r = 0; r < rows.size(); r++) {
                ((Mamba2State) states.get(r)).advance(rows.get(r), positions);
            }
            return;
        }
        SideBySide all = new SideBySide(next.cast(((Mamba2State) states.getFirst()).stored));
        for (int r = 0; r < states.size(); r++) {
            ((Mamba2State) states.get(r)).follow(new Row(all, r), positions);
        }
    }

    void advance(Memory next, int positions) {
        keep(next.cast(stored));
        position += positions;
    }

    @Override
    public int position() {
        return position;
    }

    @Override
    public long bytes() {
        return row.map(own -> own.all.rowBytes()).orElseGet(tensors::bytes);
    }

    @Override
    public MixerState fork() {
        own();
        Memory memory = memory();
        Mamba2State fork = new Mamba2State(
                stored,
                new Memory(
                        StateTensors.copy(memory.convV()),
                        StateTensors.copy(memory.convK()),
                        StateTensors.copy(memory.convQ()),
                        StateTensors.copy(memory.scan().getFirst())));
        fork.position = position;
        return fork;
    }

    @Override
    public Map<String, Tensor> save() {
        StateTensors own = own();
        List<Tensor> windows = List.of(own.get("conv_v"), own.get("conv_k"), own.get("conv_q"));
        return Map.of(CONV, Tensors.concat(1, windows), SCAN, own.get(SCAN));
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
        int kv = memory().convV().extent(1);
        Tensor conv = saved.get(CONV);
        keep(new Memory(
                copy(conv, 0, kv),
                copy(conv, kv, 2 * kv),
                copy(conv, 2 * kv, conv.extent(1)),
                StateTensors.copy(saved.get(SCAN))));
        position = newPosition;
    }

    private static Tensor copy(Tensor conv, int from, int to) {
        return StateTensors.copy(conv.slice(1, from, to));
    }

    @Override
    public void close() {
        leave();
        tensors.close();
    }
}
