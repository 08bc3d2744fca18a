package carve.app.engine;

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
import carve.app.engine.SnapshotLayout.Place;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/**
 * What a model remembers after a number of positions, in memory of the host that lies outside of the heap: there it goes when
 * the last of its users closes it, while a collector would leave it where it is until all of the heap is full. All tensors are
 * in one piece of memory, since most snapshots take as much as those before them, and what was released serves again. Immutable.
 */
final class Snapshot implements AutoCloseable {
    private final String key;
    private final int position;
    private final SnapshotLayout layout;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment memory;
    private final AtomicInteger users = new AtomicInteger(1);

    /** What writes the values of a tensor. */
    @FunctionalInterface
    interface Filler {
        /** Writes them where they belong. */
        void fill(Place place, MemorySegment values);
    }

    /**
     * Makes a snapshot with one user.
     *
     * @param key of all that came before
     * @param position how many positions that is
     * @param layout where its tensors lie
     * @param filler writes the values of each
     */
    Snapshot(String key, int position, SnapshotLayout layout, Filler filler) {
        this.key = key;
        this.position = position;
        this.layout = layout;
        try {
            this.memory = arena.allocate(layout.room(), SnapshotLayout.ALIGNMENT);
            layout.places().forEach(place -> filler.fill(place, values(place)));
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
    static Snapshot of(String key, Device device, ModelState state, UnaryOperator<SnapshotLayout> shared) {
        return Scope.run(device, () -> {
            List<Map<String, Tensor>> saved =
                    state.layers().stream().map(MixerState::save).toList();
            SnapshotLayout layout = shared.apply(
                    SnapshotLayout.of(saved.stream().map(Snapshot::types).toList()));
            return new Snapshot(
                    key,
                    state.position(),
                    layout,
                    (place, values) -> device.download(saved.get(place.layer()).get(place.name()), values));
        });
    }

    private static Map<String, TensorType> types(Map<String, Tensor> tensors) {
        Map<String, TensorType> types = new HashMap<>();
        tensors.forEach((name, tensor) -> types.put(name, tensor.type()));
        return types;
    }

    private MemorySegment values(Place place) {
        return memory.asSlice(place.offset(), place.type().bytes());
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
        Map<String, Place> places = new HashMap<>();
        for (Place place : layout.places()) {
            types.put(place.fullName(), place.type());
            places.put(place.fullName(), place);
        }
        return TensorSources.of(types, name -> values(places.get(name)));
    }

    /** Returns the bytes of all tensors. */
    long bytes() {
        return layout.bytes();
    }

    /** Returns this with one more user, who closes it; called by one who uses it. */
    Snapshot share() {
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
            for (Place place : layout.places()) {
                if (place.layer() == number) {
                    tensors.put(place.name(), Tensors.upload(device, place.type(), values(place)));
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
