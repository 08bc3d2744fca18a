package carve.api.model;

import carve.api.device.Device;
import carve.api.mixer.MixerState;
import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The state of a session: those of all layers.
 *
 * <p>A session can go on elsewhere: {@link #copyTo} copies its state to another device, {@link LoadedModel#copyTo} the weights.
 *
 * @param layers the state of each layer, first layer first
 * @param batch the number of rows
 * @param capacity the most positions that it can remember
 */
public record ModelState(List<MixerState> layers, int batch, int capacity) implements AutoCloseable {
    /** Copies the list. */
    public ModelState {
        layers = List.copyOf(layers);
    }

    /** Returns the state of a layer. */
    public MixerState layer(int index) {
        return layers.get(index);
    }

    /** Returns how many positions were seen. */
    public int position() {
        return layers.getFirst().position();
    }

    /** Returns the bytes of device memory that it takes. */
    public long bytes() {
        long bytes = 0;
        for (MixerState layer : layers) { // at every token of every session
            bytes += layer.bytes();
        }
        return bytes;
    }

    /** Returns a copy that goes its own way; the caller closes it. */
    public ModelState fork() {
        return new ModelState(layers.stream().map(MixerState::fork).toList(), batch, capacity);
    }

    /**
     * Returns a copy on another device, from which the session goes on there; the caller closes it, and this one when it is no
     * longer wanted.
     *
     * @param from the model of the session, where this state is
     * @param to the same model on the other device, such as {@link LoadedModel#copyTo} makes
     */
    public ModelState copyTo(LoadedModel from, LoadedModel to) {
        ModelState moved = new HybridModel(to.spec()).newState(to.device(), batch, capacity);
        for (int i = 0; i < layers.size(); i++) {
            move(layer(i), moved.layer(i), from.device(), to.device());
        }
        return moved;
    }

    private static void move(MixerState from, MixerState to, Device there, Device here) {
        Scope.run(
                there,
                () -> Scope.run(here, () -> {
                    Map<String, Tensor> copies = new LinkedHashMap<>();
                    from.save().forEach((name, tensor) -> copies.put(name, tensor.copyTo(here)));
                    to.load(copies, from.position());
                }));
    }

    @Override
    public void close() {
        layers.forEach(MixerState::close);
    }
}
