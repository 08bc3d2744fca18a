package carve.runtime.engine;

import carve.api.checkpoint.TensorSource;
import carve.api.checkpoint.TensorSources;
import carve.api.device.Device;
import carve.api.mixer.MixerState;
import carve.api.model.LoadedModel;
import carve.api.model.ModelState;
import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import carve.runtime.engine.SnapshotLayout.Slot;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/**
 * A copy of a model's state after a number of positions, in memory of the host outside of the heap: there it goes when
 * the last of its users closes it, while a collector would leave it where it is until all of the heap is full. All tensors are
 * in one piece of memory, since most snapshots take as much as those before them, and what was released serves again. Immutable.
 */
final class StateSnapshot implements AutoCloseable {
    private final String key;
    private final int position;
    private final SnapshotLayout layout;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment memory;
    private final AtomicInteger users = new AtomicInteger(1);

    /** A writer of the values of a tensor. */
    @FunctionalInterface
    interface ValueWriter {
        /** Writes them where they belong. */
        void write(Slot slot, MemorySegment values);
    }

    /**
     * Makes a snapshot with one user.
     *
     * @param key of all that came before
     * @param position how many positions that is
     * @param layout where its tensors lie
     * @param valueWriter writes the values of each
     */
    StateSnapshot(String key, int position, SnapshotLayout layout, ValueWriter valueWriter) {
        this.key = key;
        this.position = position;
        this.layout = layout;
        try {
            this.memory = arena.allocate(layout.allocatedBytes(), SnapshotLayout.ALIGNMENT);
            layout.slots().forEach(slot -> valueWriter.write(slot, values(slot)));
        } catch (RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    /**
     * Returns a copy of a state.
     *
     * @param shared returns a layout that equals one, and that others have
     */
    static StateSnapshot of(String key, Device device, ModelState state, UnaryOperator<SnapshotLayout> shared) {
        return Scope.run(device, () -> {
            List<Map<String, Tensor>> saved =
                    state.layers().stream().map(MixerState::save).toList();
            SnapshotLayout layout = shared.apply(
                    SnapshotLayout.of(saved.stream().map(StateSnapshot::types).toList()));
            return new StateSnapshot(
                    key,
                    state.position(),
                    layout,
                    (slot, values) -> device.download(saved.get(slot.layer()).get(slot.name()), values));
        });
    }

    /**
     * Returns the snapshot of tensors that another one had, named as by {@link #tensors}.
     *
     * @param layers the number of layers
     * @param shared returns a layout that equals one, and that others have
     * @throws IllegalArgumentException if a name is not that of a layer's tensor
     */
    static StateSnapshot of(
            String key, int position, int layers, TensorSource tensors, UnaryOperator<SnapshotLayout> shared) {
        SnapshotLayout layout = shared.apply(SnapshotLayout.of(layers, tensors));
        return new StateSnapshot(
                key, position, layout, (slot, values) -> values.copyFrom(tensors.data(slot.fullName())));
    }

    private static Map<String, TensorType> types(Map<String, Tensor> tensors) {
        Map<String, TensorType> types = new HashMap<>();
        tensors.forEach((name, tensor) -> types.put(name, tensor.type()));
        return types;
    }

    private MemorySegment values(Slot slot) {
        return memory.asSlice(slot.offset(), slot.type().bytes());
    }

    String key() {
        return key;
    }

    int position() {
        return position;
    }

    SnapshotLayout layout() {
        return layout;
    }

    /** Returns the tensors by their full names. */
    TensorSource tensors() {
        Map<String, TensorType> types = new LinkedHashMap<>();
        Map<String, Slot> places = new HashMap<>();
        for (Slot slot : layout.slots()) {
            types.put(slot.fullName(), slot.type());
            places.put(slot.fullName(), slot);
        }
        return TensorSources.of(types, name -> values(places.get(name)));
    }

    /** Returns the bytes of all tensors. */
    long bytes() {
        return layout.bytes();
    }

    /** Returns this with one more user, who closes it; called by one who uses it. */
    StateSnapshot retain() {
        users.incrementAndGet();
        return this;
    }

    /** Returns a state that goes on from here; the caller closes it. */
    ModelState restore(LoadedModel model, int capacity) {
        ModelState state = model.model().newState(model.device(), 1, capacity);
        try {
            for (int i = 0; i < layout.layers(); i++) {
                restore(model.device(), i, state.layer(i));
            }
            return state;
        } catch (RuntimeException e) {
            state.close();
            throw e;
        }
    }

    private void restore(Device device, int number, MixerState layer) {
        Scope.run(device, () -> {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            for (Slot slot : layout.slots()) {
                if (slot.layer() == number) {
                    tensors.put(slot.name(), Tensors.upload(device, slot.type(), values(slot)));
                }
            }
            layer.load(tensors, position);
        });
    }

    /** Ends one use of it. */
    @Override
    public void close() {
        if (users.decrementAndGet() == 0) {
            arena.close();
        }
    }
}
