package carve.api.mixer;

import carve.api.device.Device;
import carve.api.param.Params;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The state of a mixer for one sequence, or for a batch of them that advance together: the tensors that {@link Mixer#state}
 * declares, and a position. It owns device memory until it is closed, and is confined to its device's thread.
 *
 * <p>States that advance together ({@link StateSlots}) lie side by side in the device's memory from then on: each has slots in
 * one tensor, and while the same states go on together nothing is copied. A state that leaves, forks, is saved or closed takes
 * nothing from the others.
 */
public final class MixerState implements AutoCloseable {
    private final Device device;
    private final List<StateSpec> specs;
    private final Map<String, StateSpec> specsByName = new LinkedHashMap<>();
    private final int batch;
    private final int capacity;
    private final PositionCache cache;
    private SlotBlock block;
    private int firstSlot;
    private int position;

    /**
     * Makes the state before the first position.
     *
     * @param specs what is remembered of each sequence
     * @param batch B, the number of sequences
     * @param capacity the most positions of which tensors with a value for each position have room; others have no limit
     */
    public MixerState(Device device, List<StateSpec> specs, int batch, int capacity) {
        this(
                device,
                List.copyOf(specs),
                batch,
                capacity,
                new SlotBlock(batch, zeros(device, specs, batch)),
                new PositionCache(device, specs, batch, capacity),
                0);
    }

    private MixerState(
            Device device,
            List<StateSpec> specs,
            int batch,
            int capacity,
            SlotBlock block,
            PositionCache cache,
            int position) {
        this.device = device;
        this.specs = specs;
        specs.forEach(spec -> specsByName.put(spec.name(), spec));
        this.batch = batch;
        this.capacity = capacity;
        this.block = block;
        this.cache = cache;
        this.position = position;
    }

    private static Map<String, Tensor> zeros(Device device, List<StateSpec> specs, int batch) {
        Map<String, Tensor> zeros = new LinkedHashMap<>();
        for (StateSpec spec : specs) {
            if (!spec.perPosition()) {
                zeros.put(
                        spec.name(),
                        Tensors.zeros(device, spec.type(batch, 0).shape()).cast(spec.dtype()));
            }
        }
        return zeros;
    }

    Device device() {
        return device;
    }

    Map<String, StateSpec> specs() {
        return specsByName;
    }

    PositionCache cache() {
        return cache;
    }

    /** Returns B, the number of sequences. */
    public int batch() {
        return batch;
    }

    /** Returns how many positions each sequence has seen. */
    public int position() {
        return position;
    }

    /** Returns the bytes of device memory that it takes. */
    public long bytes() {
        return batch * block.slotBytes() + cache.bytes();
    }

    /**
     * Returns what a mixer gives for the next positions {@code (B, T, D)}, which this state then remembers.
     *
     * @throws IllegalStateException if there is no room for them
     */
    public Tensor advance(Mixer mixer, Params p, Tensor x) {
        return StateSlots.of(this, x.extent(1)).advance(mixer, p, x);
    }

    /** Returns a tensor of this state and of those after it, whose slots follow this one's. */
    Tensor rows(String name, int count) {
        return block.rows(name, firstSlot, count);
    }

    /** Returns whether this state's slots are those of a block from one on. */
    boolean isAt(MixerState other, int distance) {
        return block == other.block && firstSlot == other.firstSlot + distance;
    }

    boolean owns(Tensor tensor) {
        return block.owns(tensor);
    }

    /** Moves to slots of another block. */
    void move(SlotBlock other, int slot) {
        SlotBlock before = block;
        block = other;
        firstSlot = slot;
        before.release(batch);
    }

    void requireRoom(int positions) {
        if (!cache.isEmpty() && position + positions > capacity) {
            throw new IllegalStateException(
                    "the cache has room for %d positions, %d are seen and %d more come; open the session with a greater capacity"
                            .formatted(capacity, position, positions));
        }
    }

    void count(int positions) {
        position += positions;
    }

    /** Returns a copy that goes its own way; the caller closes it. */
    public MixerState fork() {
        Map<String, Tensor> copies = new LinkedHashMap<>();
        fixed().forEach((name, tensor) -> copies.put(name, owns(tensor) ? SlotBlock.copy(tensor) : tensor));
        return new MixerState(device, specs, batch, capacity, new SlotBlock(batch, copies), cache.copy(), position);
    }

    private Map<String, Tensor> fixed() {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (StateSpec spec : specs) {
            if (!spec.perPosition()) {
                tensors.put(spec.name(), rows(spec.name(), batch));
            }
        }
        return tensors;
    }

    /**
     * Returns what it remembers by name, {@code (B, ...)} or {@code (B, position, ...)} in their storage types; the tensors are
     * valid until the state changes, or until the scope of the caller ends.
     */
    public Map<String, Tensor> save() {
        Map<String, Tensor> saved = fixed();
        for (StateSpec spec : specs) {
            if (spec.perPosition()) {
                saved.put(spec.name(), cache.get(spec.name()).slice(1, 0, position));
            }
        }
        return saved;
    }

    /**
     * Makes this state remember what {@link #save} returned, at a position.
     *
     * @throws IllegalArgumentException if names or shapes are not those that this state saves at that position
     * @throws IllegalStateException if there is no room for so many positions
     */
    public void load(Map<String, Tensor> saved, int newPosition) {
        requireFits(saved, newPosition);
        Map<String, Tensor> copies = new LinkedHashMap<>();
        position = 0;
        requireRoom(newPosition);
        for (StateSpec spec : specs) {
            Tensor tensor = saved.get(spec.name());
            if (!spec.perPosition()) {
                Tensor stored = tensor.cast(spec.dtype());
                copies.put(spec.name(), stored == tensor ? SlotBlock.copy(tensor) : stored);
            } else if (newPosition > 0) {
                cache.write(spec.name(), 0, tensor);
            }
        }
        move(new SlotBlock(batch, copies), 0);
        position = newPosition;
    }

    private void requireFits(Map<String, Tensor> saved, int at) {
        Map<String, Shape> expected = new TreeMap<>();
        specs.forEach(spec -> expected.put(spec.name(), spec.type(batch, at).shape()));
        Map<String, Shape> found = new TreeMap<>();
        saved.forEach((name, tensor) -> found.put(name, tensor.shape()));
        if (!expected.equals(found)) {
            throw new IllegalArgumentException(
                    "a state of %s at position %d cannot be loaded from %s".formatted(expected, at, found));
        }
    }

    /**
     * Returns whether it can forget its last positions: whether all that it remembers has a value for each position. A
     * recurrent state has none; going back then takes a {@link #fork} made before.
     */
    public boolean supportsTruncation() {
        return specs.stream().allMatch(StateSpec::perPosition);
    }

    /**
     * Forgets the positions from one on, as if they had never been seen.
     *
     * @param length at most the position that it is at
     * @throws UnsupportedOperationException unless it {@link #supportsTruncation}
     */
    public void truncate(int length) {
        if (!supportsTruncation()) {
            throw new UnsupportedOperationException("a state of %s cannot forget positions; fork it before"
                    .formatted(specs.stream().map(StateSpec::name).toList()));
        }
        if (length < 0 || length > position) {
            throw new IllegalArgumentException(
                    "a state at position %d cannot be cut to %d".formatted(position, length));
        }
        position = length;
    }

    /** Releases its memory. */
    @Override
    public void close() {
        move(new SlotBlock(batch, Map.of()), 0);
        cache.close();
    }
}
