package carve.runtime.engine;

import carve.api.checkpoint.TensorSource;
import carve.api.tensor.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The layout of a snapshot's tensors in its memory: layer by layer, by name. Those of one model after as many positions lie
 * alike, and share a layout, so that a snapshot is few objects.
 *
 * @param layers the number of layers, some of which may have no tensors
 * @param slots of the tensors
 */
record SnapshotLayout(int layers, List<Slot> slots) {
    /** Of each tensor, in bytes. */
    static final long ALIGNMENT = 64;

    /** Copies the list. */
    SnapshotLayout {
        slots = List.copyOf(slots);
    }

    /**
     * The place of a tensor.
     *
     * @param layer its layer
     * @param name its name there
     * @param type its type
     * @param offset its first byte
     */
    record Slot(int layer, String name, TensorType type, long offset) {
        /** Returns its name among the tensors of all layers. */
        String fullName() {
            return layer + "." + name;
        }

        private long end() {
            return offset + (type.bytes() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        }
    }

    /** Returns the layout of tensors of these types in each layer. */
    static SnapshotLayout of(List<Map<String, TensorType>> layers) {
        List<Slot> places = new ArrayList<>();
        for (int i = 0; i < layers.size(); i++) {
            int layer = i;
            new TreeMap<>(layers.get(i)).forEach((name, type) -> places.add(new Slot(layer, name, type, end(places))));
        }
        return new SnapshotLayout(layers.size(), places);
    }

    /**
     * Returns the layout of tensors named {@code LAYER.NAME}.
     *
     * @throws IllegalArgumentException if a name is not that of a layer's tensor
     */
    static SnapshotLayout of(int layers, TensorSource tensors) {
        List<Map<String, TensorType>> types = new ArrayList<>();
        for (int i = 0; i < layers; i++) {
            types.add(new HashMap<>());
        }
        for (String name : tensors.names()) {
            int dot = name.indexOf('.');
            try {
                types.get(Integer.parseInt(name.substring(0, Math.max(0, dot))))
                        .put(name.substring(dot + 1), tensors.type(name));
            } catch (NumberFormatException | IndexOutOfBoundsException e) {
                throw new IllegalArgumentException(
                        "'%s' is not the state of one of %d layers; expected LAYER.NAME".formatted(name, layers), e);
            }
        }
        return of(types);
    }

    private static long end(List<Slot> places) {
        return places.isEmpty() ? 0 : places.getLast().end();
    }

    /** Returns the bytes of all tensors. */
    long bytes() {
        return slots.stream().mapToLong(slot -> slot.type.bytes()).sum();
    }

    /** Returns the bytes that they lie in. */
    long allocatedBytes() {
        return Math.max(ALIGNMENT, end(slots));
    }
}
