package carve.app.engine;

import carve.api.checkpoint.TensorData;
import carve.api.device.Device;
import carve.api.mixer.MixerState;
import carve.api.model.LoadedModel;
import carve.api.model.ModelState;
import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * What a model remembers after a number of positions, in memory of the host that lies outside of the heap: there it goes when
 * the last of its users closes it, while a collector would leave it where it is until all of the heap is full. Immutable.
 */
final class Snapshot implements AutoCloseable {
    /** Of the memory of each tensor. */
    static final long ALIGNMENT = 64;

    private final String key;
    private final int position;
    private final Arena arena;
    private final List<Map<String, TensorData>> layers;
    private final long bytes;
    private final AtomicInteger users = new AtomicInteger(1);

    /**
     * Makes a snapshot with one user.
     *
     * @param key of all that came before
     * @param position how many positions that is
     * @param arena has the memory of the tensors, and is closed after the last user
     * @param layers the saved tensors of each layer, by name
     */
    Snapshot(String key, int position, Arena arena, List<Map<String, TensorData>> layers) {
        this.key = key;
        this.position = position;
        this.arena = arena;
        this.layers = List.copyOf(layers);
        this.bytes = layers.stream()
                .flatMap(layer -> layer.values().stream())
                .mapToLong(data -> data.type().bytes())
                .sum();
    }

    /** Returns a copy of a state. */
    static Snapshot of(String key, Device device, ModelState state) {
        Arena arena = Arena.ofShared();
        try {
            return Scope.run(device, () -> {
                List<Map<String, Tensor>> saved =
                        state.layers().stream().map(MixerState::save).toList();
                SegmentAllocator memory = memory(
                        arena,
                        saved.stream().flatMap(layer -> layer.values().stream()).map(Tensor::type));
                return new Snapshot(
                        key,
                        state.position(),
                        arena,
                        saved.stream().map(layer -> download(memory, layer)).toList());
            });
        } catch (RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    private static Map<String, TensorData> download(SegmentAllocator memory, Map<String, Tensor> layer) {
        Map<String, TensorData> saved = new LinkedHashMap<>();
        layer.forEach((name, tensor) -> {
            MemorySegment values = memory.allocate(tensor.type().bytes(), ALIGNMENT);
            tensor.device().download(tensor, values);
            saved.put(name, new TensorData(tensor.type(), values));
        });
        return saved;
    }

    /**
     * Returns what gives aligned memory to tensors of these types, one after the other: a piece for all of them, since most
     * snapshots take as much as those before them, and what was released serves again.
     */
    static SegmentAllocator memory(Arena arena, Stream<TensorType> types) {
        long bytes = types.mapToLong(type -> (type.bytes() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT)
                .sum();
        return SegmentAllocator.slicingAllocator(arena.allocate(Math.max(ALIGNMENT, bytes), ALIGNMENT));
    }

    String key() {
        return key;
    }

    int position() {
        return position;
    }

    List<Map<String, TensorData>> layers() {
        return layers;
    }

    /** Returns the bytes of all tensors. */
    long bytes() {
        return bytes;
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
            for (int i = 0; i < layers.size(); i++) {
                restore(model.device(), layers.get(i), state.layer(i));
            }
            return state;
        } catch (RuntimeException e) {
            state.close();
            throw e;
        }
    }

    private void restore(Device device, Map<String, TensorData> saved, MixerState layer) {
        Scope.run(device, () -> {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            saved.forEach((name, data) -> tensors.put(name, Tensors.upload(device, data.type(), data.data())));
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
