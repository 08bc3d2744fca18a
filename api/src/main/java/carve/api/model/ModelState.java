package carve.api.model;

import carve.api.mixer.MixerState;
import java.util.List;

/**
 * What a model remembers of a session: the states of its layers.
 *
 * @param layers the state of each layer, first layer first
 */
public record ModelState(List<MixerState> layers) implements AutoCloseable {
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
        return layers.stream().mapToLong(MixerState::bytes).sum();
    }

    /** Returns a copy that goes its own way; the caller closes it. */
    public ModelState fork() {
        return new ModelState(layers.stream().map(MixerState::fork).toList());
    }

    @Override
    public void close() {
        layers.forEach(MixerState::close);
    }
}
