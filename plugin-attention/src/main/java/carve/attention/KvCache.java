package carve.attention;

import carve.api.device.Device;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.MixerState;
import carve.api.mixer.StateTensors;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.Map;

/**
 * The keys and values of the positions seen, {@code (B, room, G, K)} each, in the storage type of the cache; the room
 * doubles up to the capacity.
 */
final class KvCache implements MixerState {
    private static final String KEYS = "keys";
    private static final String VALUES = "values";
    private static final int INITIAL_POSITIONS = 256;

    private final Device device;
    private final int batch;
    private final int capacity;
    private final LayerConfig dims;
    private final DType storageType;
    private final StateTensors tensors;
    private int position;

    KvCache(Device device, int batch, int capacity, LayerConfig dims, DType stored) {
        this(device, batch, capacity, dims, stored, new StateTensors(), 0);
        Shape shape = Shape.of(batch, Math.min(capacity, INITIAL_POSITIONS), dims.kvHeads(), dims.headWidth());
        tensors.put(KEYS, Tensors.zeros(device, shape).cast(stored));
        tensors.put(VALUES, Tensors.zeros(device, shape).cast(stored));
    }

    private KvCache(
            Device device,
            int batch,
            int capacity,
            LayerConfig dims,
            DType stored,
            StateTensors tensors,
            int position) {
        this.device = device;
        this.batch = batch;
        this.capacity = capacity;
        this.dims = dims;
        this.storageType = stored;
        this.tensors = tensors;
        this.position = position;
    }

    private int allocatedPositions() {
        return tensors.get(KEYS).extent(1);
    }

    void append(Tensor keys, Tensor values) {
        int length = position + keys.extent(1);
        if (length > capacity) {
            throw new IllegalStateException("the cache has room for %d positions, %d are seen and %d more come; open "
                            .formatted(capacity, position, keys.extent(1))
                    + "the session with a greater capacity");
        }
        grow(length);
        device.store(keys.cast(storageType), tensors.get(KEYS), 1, position);
        device.store(values.cast(storageType), tensors.get(VALUES), 1, position);
        position = length;
    }

    private void grow(int length) {
        if (length > allocatedPositions()) {
            int room = (int) Math.min(capacity, Math.max(length, 2L * allocatedPositions()));
            for (String name : new String[] {KEYS, VALUES}) {
                Tensor before = tensors.get(name);
                tensors.put(name, before.pad(1, 0, room - before.extent(1)));
            }
        }
    }

    Tensor keys() {
        return tensors.get(KEYS);
    }

    Tensor values() {
        return tensors.get(VALUES);
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
        return new KvCache(device, batch, capacity, dims, storageType, tensors.copy(), position);
    }

    @Override
    public Map<String, Tensor> save() {
        return Map.of(KEYS, keys().slice(1, 0, position), VALUES, values().slice(1, 0, position));
    }

    @Override
    public void load(Map<String, Tensor> saved, int newPosition) {
        Shape shape = Shape.of(batch, newPosition, dims.kvHeads(), dims.headWidth());
        for (String name : new String[] {KEYS, VALUES}) {
            if (saved.size() != 2
                    || !saved.containsKey(name)
                    || !saved.get(name).shape().equals(shape)) {
                throw new IllegalArgumentException(
                        "a cache at position %d has keys and values %s, found %s".formatted(newPosition, shape, saved));
            }
        }
        position = 0;
        append(saved.get(KEYS), saved.get(VALUES));
    }

    @Override
    public boolean supportsTruncation() {
        return true;
    }

    @Override
    public void truncate(int length) {
        if (length < 0 || length > position) {
            throw new IllegalArgumentException(
                    "a cache of %d positions cannot be cut to %d".formatted(position, length));
        }
        position = length;
    }

    @Override
    public void close() {
        tensors.close();
    }
}
