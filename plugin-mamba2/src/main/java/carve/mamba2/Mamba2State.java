package carve.mamba2;

import carve.api.mixer.MixerState;
import carve.api.mixer.StateTensors;
import carve.api.tensor.DType;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.List;
import java.util.Map;

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
    private int position;

    Mamba2State(DType stored, Memory memory) {
        this.stored = stored;
        keep(memory);
    }

    private void keep(Memory memory) {
        tensors.put("conv_v", memory.convV().cast(stored));
        tensors.put("conv_k", memory.convK().cast(stored));
        tensors.put("conv_q", memory.convQ().cast(stored));
        tensors.put(SCAN, memory.scan().getFirst().cast(stored));
    }

    /** Returns what it remembers, in F32. */
    Memory memory() {
        return new Memory(get("conv_v"), get("conv_k"), get("conv_q"), get(SCAN));
    }

    private Tensor get(String name) {
        return tensors.get(name).cast(DType.F32);
    }

    /** Returns what states of one row each remember, side by side. */
    static Memory join(List<MixerState> states) {
        return Memory.join(
                states.stream().map(state -> ((Mamba2State) state).memory()).toList());
    }

    /** Makes each state remember its row. */
    static void advance(List<MixerState> states, Memory next, int positions) {
        List<Memory> rows = next.rows();
        for (int r = 0; r < rows.size(); r++) {
            ((Mamba2State) states.get(r)).advance(rows.get(r), positions);
        }
    }

    void advance(Memory next, int positions) {
        keep(next);
        position += positions;
    }

    @Override
    public int position() {
        return position;
    }

    @Override
    public long bytes() {
        return tensors.bytes();
    }

    @Override
    public MixerState fork() {
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
        List<Tensor> windows = List.of(tensors.get("conv_v"), tensors.get("conv_k"), tensors.get("conv_q"));
        return Map.of(CONV, Tensors.concat(1, windows), SCAN, tensors.get(SCAN));
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
        tensors.close();
    }
}
