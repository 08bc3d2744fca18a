package carve.mamba2;

import carve.api.mixer.MixerState;
import carve.api.mixer.StateTensors;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.List;
import java.util.Map;

/** The state of a {@link Mamba2}: of the same size after any number of positions. Saved in the official layout. */
final class Mamba2State implements MixerState {
    /** (B, C, W-1): the last inputs of the channels of v, k and q. */
    private static final String CONV = "conv_state";

    /** (B, H, P, N). */
    private static final String SCAN = "ssm_state";

    private final Mamba2 mixer;
    private final StateTensors tensors = new StateTensors();
    private int position;

    Mamba2State(Mamba2 mixer, Memory memory) {
        this.mixer = mixer;
        keep(memory);
    }

    private void keep(Memory memory) {
        tensors.put("conv_v", memory.convV());
        tensors.put("conv_k", memory.convK());
        tensors.put("conv_q", memory.convQ());
        tensors.put(SCAN, memory.scan());
    }

    Memory memory() {
        return new Memory(tensors.get("conv_v"), tensors.get("conv_k"), tensors.get("conv_q"), tensors.get(SCAN));
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
        Mamba2State fork = new Mamba2State(mixer, new Memory(StateTensors.copy(memory.convV()),
                StateTensors.copy(memory.convK()), StateTensors.copy(memory.convQ()), StateTensors.copy(memory.scan())));
        fork.position = position;
        return fork;
    }

    @Override
    public Map<String, Tensor> save() {
        Memory memory = memory();
        return Map.of(CONV, Tensors.concat(1, List.of(memory.convV(), memory.convK(), memory.convQ())), SCAN, memory.scan());
    }

    @Override
    public void load(Map<String, Tensor> saved, int newPosition) {
        Map<String, Tensor> own = save();
        boolean fits = saved.keySet().equals(own.keySet())
                && saved.entrySet().stream().allMatch(e -> e.getValue().type().equals(own.get(e.getKey()).type()));
        if (!fits) {
            throw new IllegalArgumentException("a mamba2 state %s cannot be loaded from %s".formatted(own, saved));
        }
        int kv = memory().convV().extent(1);
        Tensor conv = saved.get(CONV);
        keep(new Memory(copy(conv, 0, kv), copy(conv, kv, 2 * kv), copy(conv, 2 * kv, conv.extent(1)),
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
