package carve.api.mixer;

import carve.api.device.Device;
import carve.api.op.SequenceLayout;
import carve.api.param.Params;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.ShapeException;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * The states that a batch goes on from, side by side: slot s is what sequence s of the batch has seen. Each slot has a position
 * of its own, and sequences may have different numbers of new positions.
 *
 * <p>The batch is divided into sequences by {@link #layout}: rows with the same number of new positions each, or one row in
 * which sequences of different lengths are packed one after the other. Ops that take a layout and a state, such as {@link
 * carve.api.op.DecayScan} and {@link carve.api.op.CausalConv}, take both as they are:
 *
 * <pre>{@code
 * List<Tensor> results = Tensors.apply(new DecayScan(slots.layout()), q, k, v, g, w, slots.get("state"));
 * slots.set("state", results.get(1));
 * }</pre>
 *
 * <p>What has a value for each position is reached state by state:
 *
 * <pre>{@code
 * slots.forEachState(List.of(q, k, v), (one, parts) -> attend(
 *         parts.get(0), one.append("keys", parts.get(1)), one.append("values", parts.get(2)), one.length(), one.layout()));
 * }</pre>
 *
 * <p>Tensors that were set are stored, and positions counted, when the mixer has returned; if it throws, fixed-size tensors and
 * positions stay as they were.
 */
public final class StateSlots {
    private final Map<String, StateSpec> specs;
    private final List<MixerState> states;
    private final Device device;
    private final SequenceLayout layout;
    private final Map<String, Tensor> next = new LinkedHashMap<>();
    private final List<StateSlots> parts = new ArrayList<>();

    private StateSlots(Map<String, StateSpec> specs, List<MixerState> states, Device device, SequenceLayout layout) {
        this.specs = specs;
        this.states = states;
        this.device = device;
        this.layout = layout;
    }

    /** Returns the slots of one state, each of whose sequences has a number of new positions. */
    public static StateSlots of(MixerState state, int positions) {
        return new StateSlots(
                state.specs(), List.of(state), state.device(), SequenceLayout.unpadded(state.batch(), positions));
    }

    /**
     * Returns the slots of states, which are those of one mixer, none of them twice.
     *
     * @param layout rows, as many as all states have sequences, or packed sequences, one for each state
     * @throws ShapeException if there are other numbers of sequences, or if rows are padded
     */
    public static StateSlots of(List<MixerState> states, SequenceLayout layout) {
        int sequences = 0;
        for (MixerState state : states) {
            sequences += state.batch();
        }
        if (layout.isPadded() || layout.count() != sequences || layout.isPacked() && states.size() != sequences) {
            throw new ShapeException("slots: %s does not fit %d states of %d sequences; padding is left out, and only"
                            .formatted(layout, states.size(), sequences)
                    + " states of one sequence have packed rows");
        }
        SequenceLayout rows = sequences == 1 ? SequenceLayout.unpadded(1, layout.positions()) : layout;
        return new StateSlots(
                states.getFirst().specs(),
                List.copyOf(states),
                states.getFirst().device(),
                rows);
    }

    /**
     * Returns the slots of sequences that begin here and of which nothing is remembered, for {@link Mixer#forward}: zeros, as
     * many as a layout has sequences.
     */
    public static StateSlots initial(Device device, List<StateSpec> specs, SequenceLayout layout) {
        Map<String, StateSpec> byName = new LinkedHashMap<>();
        specs.forEach(spec -> byName.put(spec.name(), spec));
        return new StateSlots(byName, List.of(), device, layout);
    }

    /** Returns how the batch is divided into sequences, whose number is that of the slots. */
    public SequenceLayout layout() {
        return layout;
    }

    /** Returns how many positions the first sequence had seen before the new ones. */
    public int firstPosition() {
        return states.isEmpty() ? 0 : states.getFirst().position();
    }

    /** Returns how many new positions the sequences of a state have. */
    private int length(int state) {
        return layout.isPacked()
                ? layout.offsets().get(state + 1) - layout.offsets().get(state)
                : layout.positions();
    }

    /**
     * Returns the positions of the batch in their sequences: one for each of T columns if all rows are at the same, and one for
     * each position of each row, row by row, if they are not.
     */
    public int[] positionIds() {
        if (states.isEmpty()) {
            return layout.positionIds();
        }
        if (states.size() == 1 && !layout.isPacked()) {
            int[] ids = new int[layout.positions()];
            Arrays.setAll(ids, t -> states.getFirst().position() + t);
            return ids;
        }
        return IntStream.range(0, states.size())
                .flatMap(i -> ids(i, states.size() == 1 ? 1 : states.get(i).batch()))
                .toArray();
    }

    private IntStream ids(int state, int rows) {
        int from = states.get(state).position();
        return IntStream.range(0, rows).flatMap(_ -> IntStream.range(from, from + length(state)));
    }

    /** Returns for each of {@link #positionIds} how many positions its sequence has with the new ones. */
    long[] sequenceLengths() {
        if (states.isEmpty()) {
            return LongStream.generate(layout::maxLength)
                    .limit(layout.positions())
                    .toArray();
        }
        if (states.size() == 1 && !layout.isPacked()) {
            long[] lengths = new long[layout.positions()];
            Arrays.fill(lengths, states.getFirst().position() + layout.positions());
            return lengths;
        }
        return IntStream.range(0, states.size())
                .flatMap(i -> {
                    int length = states.get(i).position() + length(i);
                    return ids(i, states.size() == 1 ? 1 : states.get(i).batch())
                            .map(_ -> length);
                })
                .asLongStream()
                .toArray();
    }

    /**
     * Returns {@code (S, ...)}, a fixed-size tensor of all slots before the new positions, in F32.
     *
     * @throws IllegalArgumentException if the mixer declares none of this name
     */
    public Tensor get(String name) {
        StateSpec spec = spec(name, false);
        return states.isEmpty()
                ? Tensors.zeros(device, spec.type(layout.count(), 0).shape())
                : gather(name).cast(DType.F32);
    }

    private StateSpec spec(String name, boolean perPosition) {
        StateSpec spec = specs.get(name);
        if (spec == null || spec.perPosition() != perPosition) {
            throw new IllegalArgumentException("the mixer declares no state '%s' %s; it declares %s"
                    .formatted(name, perPosition ? "for each position" : "of a fixed size", specs.values()));
        }
        return spec;
    }

    // states whose slots follow each other are taken at once
    private Tensor gather(String name) {
        List<Tensor> runs = new ArrayList<>();
        for (int i = 0; i < states.size(); ) {
            MixerState first = states.get(i);
            int rows = 0;
            do {
                rows += states.get(i++).batch();
            } while (i < states.size() && states.get(i).isAt(first, rows));
            runs.add(first.rows(name, rows));
        }
        return runs.size() == 1 ? runs.getFirst() : Tensors.concat(0, runs);
    }

    /**
     * Makes {@code (S, ...)} the tensor of all slots after the new positions.
     *
     * @throws IllegalArgumentException if the mixer declares none of this name, or one of another shape
     */
    public void set(String name, Tensor tensor) {
        Shape shape = spec(name, false).type(layout.count(), 0).shape();
        if (!tensor.shape().equals(shape)) {
            throw new IllegalArgumentException(
                    "the state '%s' of %d sequences is %s, found %s".formatted(name, layout.count(), shape, tensor));
        }
        next.put(name, tensor);
    }

    /** Computes what the new positions of one state give. */
    @FunctionalInterface
    public interface StateFunction {
        /**
         * Returns the result {@code (B, T, ...)}.
         *
         * @param one the slots of the state alone; all its sequences are at one position
         * @param inputs its part {@code (B, T, ...)} of each input
         */
        Tensor apply(StateSlots one, List<Tensor> inputs);
    }

    /**
     * Returns the results of a function for each state, joined as the inputs are.
     *
     * @param inputs tensors {@code (B, T, ...)} that {@link #layout} divides
     */
    public Tensor forEachState(List<Tensor> inputs, StateFunction function) {
        if (states.size() == 1) {
            return function.apply(this, inputs);
        }
        int axis = layout.isPacked() ? 1 : 0;
        List<Tensor> results = new ArrayList<>(states.size());
        int from = 0;
        for (int i = 0; i < states.size(); i++) { // for each layer of each token of each sequence
            StateSlots one = of(states.get(i), length(i));
            parts.add(one);
            int end = from + (layout.isPacked() ? length(i) : states.get(i).batch());
            List<Tensor> own = new ArrayList<>(inputs.size());
            for (Tensor input : inputs) {
                own.add(input.slice(axis, from, end));
            }
            results.add(function.apply(one, own));
            from = end;
        }
        return Tensors.concat(axis, results);
    }

    private MixerState only() {
        if (states.size() != 1) {
            throw new IllegalStateException(
                    "there are %d states, of different lengths; reach each by forEachState".formatted(states.size()));
        }
        return states.getFirst();
    }

    /** Returns how many positions the sequences of the only state had seen before the new ones. */
    public int position() {
        return only().position();
    }

    /** Returns how many positions they have with the new ones. */
    public int length() {
        return position() + layout.positions();
    }

    /**
     * Appends the new positions {@code (B, T, ...)} to a tensor of the only state that has a value for each position, and
     * returns it: {@code (B, room, ...)} in its storage type, of which the first {@link #length} positions are in use.
     *
     * @throws IllegalArgumentException if the mixer declares none of this name
     * @throws IllegalStateException if there are several states
     */
    public Tensor append(String name, Tensor x) {
        spec(name, true);
        return only().cache().write(name, position(), x);
    }

    /**
     * Returns what a mixer gives for the new positions {@code (B, T, D)}, which the states then remember.
     *
     * @throws IllegalStateException if a state has no room for them; none has moved then
     */
    public Tensor advance(Mixer mixer, Params p, Tensor x) {
        return advance(x, () -> mixer.advance(p, x, this));
    }

    /** Returns what a step gives for the new positions x {@code (B, T, D)}, which the states then remember. */
    public Tensor advance(Tensor x, Supplier<Tensor> step) {
        if (x.extent(0) != layout.batch() || x.extent(1) != layout.positions()) {
            throw new ShapeException("slots: %s does not divide %s".formatted(layout, x));
        }
        for (int i = 0; i < states.size(); i++) {
            states.get(i).requireRoom(length(i));
        }
        Tensor y = step.get();
        store();
        for (int i = 0; i < states.size(); i++) {
            states.get(i).count(length(i));
        }
        return y;
    }

    private void store() {
        parts.forEach(StateSlots::store);
        if (next.isEmpty()) {
            return;
        }
        Map<String, Tensor> stored = new LinkedHashMap<>();
        for (StateSpec spec : specs.values()) {
            if (!spec.perPosition()) {
                Tensor tensor =
                        next.containsKey(spec.name()) ? next.get(spec.name()).cast(spec.dtype()) : gather(spec.name());
                stored.put(spec.name(), isOwned(tensor) ? SlotBlock.copy(tensor) : tensor);
            }
        }
        SlotBlock block = new SlotBlock(layout.count(), stored);
        int slot = 0;
        for (MixerState state : states) {
            state.move(block, slot);
            slot += state.batch();
        }
        next.clear();
    }

    private boolean isOwned(Tensor tensor) {
        for (MixerState state : states) {
            if (state.owns(tensor)) {
                return true;
            }
        }
        return false;
    }
}
