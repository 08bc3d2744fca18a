package carve.api.mixer;

import carve.api.device.Device;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import java.util.Map;
import java.util.TreeMap;

/**
 * The state of a mixer that remembers the same number of values however many positions it has seen: tensors by name, which
 * begin as zeros, and a position. A recurrent mixer needs no other.
 *
 * <pre>{@code
 * public MixerState newState(Device device, int batch, int capacity) {
 *     return new FixedState(device, Map.of("state", Shape.of(batch, heads, width, width)));
 * }
 *
 * public Tensor advance(Params p, Tensor x, MixerState state) {
 *     FixedState own = (FixedState) state;
 *     List<Tensor> results = scan(p, x, own.get("state"));
 *     own.replace("state", results.get(1));
 *     own.move(x.extent(1));
 *     return results.getFirst();
 * }
 * }</pre>
 */
public final class RecurrentState implements MixerState {
    private final StateTensors tensors;
    private int position;

    /** Makes the state before the first position: F32 zeros of these shapes, by name. */
    public RecurrentState(Device device, Map<String, Shape> shapes) {
        this(new StateTensors(), 0);
        new TreeMap<>(shapes).forEach((name, shape) -> tensors.putZeros(device, name, shape));
    }

    private RecurrentState(StateTensors tensors, int position) {
        this.tensors = tensors;
        this.position = position;
    }

    /** Returns the bytes at F32 of a state of these shapes, for {@link Mixer#stateBytes}. */
    public static long bytes(Map<String, Shape> shapes) {
        return Float.BYTES * shapes.values().stream().mapToLong(Shape::size).sum();
    }

    /**
     * Returns the tensor of a name.
     *
     * @throws IllegalArgumentException if there is none
     */
    public Tensor get(String name) {
        if (!tensors.asMap().containsKey(name)) {
            throw new IllegalArgumentException("the state has no tensor '%s'; it has %s"
                    .formatted(name, tensors.asMap().keySet()));
        }
        return tensors.get(name);
    }

    /**
     * Makes another tensor of the same type the one of a name; the state owns it from now on.
     *
     * @throws IllegalArgumentException if there is none of this name, or its type differs
     */
    public void replace(String name, Tensor tensor) {
        if (!get(name).type().equals(tensor.type())) {
            throw new IllegalArgumentException("the state's tensor '%s' is %s and stays so, found %s"
                    .formatted(name, get(name).type(), tensor.type()));
        }
        tensors.put(name, tensor);
    }

    /** Counts positions that were seen. */
    public void advance(int positions) {
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
        return new RecurrentState(tensors.copy(), position);
    }

    @Override
    public Map<String, Tensor> save() {
        return tensors.asMap();
    }

    @Override
    public void load(Map<String, Tensor> saved, int at) {
        tensors.load(saved);
        position = at;
    }

    @Override
    public void close() {
        tensors.close();
    }
}
