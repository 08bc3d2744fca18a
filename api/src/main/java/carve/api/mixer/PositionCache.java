package carve.api.mixer;

import carve.api.device.Device;
import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The tensors of a {@link MixerState} that have a value for each position, {@code (B, room, ...)} in their storage types. The
 * room doubles up to the capacity.
 */
final class PositionCache {
    private static final int INITIAL_POSITIONS = 256;

    private final Map<String, Tensor> tensors = new LinkedHashMap<>();
    private final int capacity;

    PositionCache(Device device, List<StateSpec> specs, int batch, int capacity) {
        this.capacity = capacity;
        for (StateSpec spec : specs) {
            if (spec.perPosition()) {
                Tensor zeros = Tensors.zeros(
                        device,
                        spec.type(batch, Math.min(capacity, INITIAL_POSITIONS)).shape());
                tensors.put(spec.name(), Scope.keep(zeros.cast(spec.dtype())));
            }
        }
    }

    private PositionCache(PositionCache other) {
        this.capacity = other.capacity;
        other.tensors.forEach((name, tensor) -> tensors.put(name, Scope.keep(SlotBlock.copy(tensor))));
    }

    PositionCache copy() {
        return new PositionCache(this);
    }

    boolean isEmpty() {
        return tensors.isEmpty();
    }

    Tensor get(String name) {
        return tensors.get(name);
    }

    /** Writes {@code x (B, T, ...)} from a position on, and returns the whole tensor {@code (B, room, ...)}. */
    Tensor write(String name, int position, Tensor x) {
        Tensor target = grown(name, position + x.extent(1));
        target.device().store(x.detach().cast(target.dtype()), target, 1, position);
        return target;
    }

    private Tensor grown(String name, int length) {
        Tensor before = tensors.get(name);
        if (length <= before.extent(1)) {
            return before;
        }
        int room = (int) Math.min(capacity, Math.max(length, 2L * before.extent(1)));
        Tensor after = Scope.keep(before.pad(1, 0, room - before.extent(1)));
        tensors.put(name, after);
        before.buffer().close();
        return after;
    }

    long bytes() {
        long bytes = 0;
        for (Tensor tensor : tensors.values()) { // at every token of every sequence
            bytes += tensor.type().bytes();
        }
        return bytes;
    }

    void close() {
        tensors.values().forEach(tensor -> tensor.buffer().close());
        tensors.clear();
    }
}
