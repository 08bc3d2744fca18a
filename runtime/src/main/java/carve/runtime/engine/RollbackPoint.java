package carve.runtime.engine;

import carve.api.mixer.MixerState;
import carve.api.model.ModelState;
import java.util.List;
import java.util.Optional;

/**
 * A point of a session to which its state can go back, which the caller closes: for layers whose state can forget positions
 * it is a number, for all others a copy, which takes as much memory as a state that is constant has.
 */
public final class RollbackPoint implements AutoCloseable {
    private final ModelState state;
    private final int position;
    private final List<Optional<MixerState>> copies;

    /** Returns a mark of the point where a state is; the caller closes it. States that can forget positions are not copied. */
    public static RollbackPoint of(ModelState state) {
        return new RollbackPoint(state);
    }

    private RollbackPoint(ModelState state) {
        this.state = state;
        this.position = state.position();
        this.copies = state.layers().stream()
                .map(layer -> layer.supportsTruncation() ? Optional.<MixerState>empty() : Optional.of(layer.fork()))
                .toList();
    }

    /** Returns how many positions were seen here. */
    public int position() {
        return position;
    }

    /** Returns the bytes of device memory that it takes. */
    public long bytes() {
        return copies.stream()
                .flatMap(Optional::stream)
                .mapToLong(MixerState::bytes)
                .sum();
    }

    /** Makes the state what it was here; the mark stays. */
    public void restore() {
        for (int i = 0; i < copies.size(); i++) {
            MixerState layer = state.layer(i);
            if (copies.get(i).isPresent()) {
                layer.load(copies.get(i).get().save(), position);
            } else {
                layer.truncate(position);
            }
        }
    }

    @Override
    public void close() {
        copies.forEach(copy -> copy.ifPresent(MixerState::close));
    }
}
