package carve.api.checkpoint;

import carve.api.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One checkpoint tensor and the model tensors whose rows it holds; a rule for one index.
 *
 * @param checkpoint the name in the checkpoint
 * @param groups how many groups of rows there are
 * @param slots the model tensors in the order in which a group has them
 * @param kept whether it is only carried along
 * @param transposed whether the checkpoint has its first two axes the other way round
 */
record TensorLayout(String checkpoint, int groups, List<Slot> slots, boolean kept, boolean transposed) {
    /** A model tensor and its rows in one group; {@link #ALL} where it is the whole tensor. */
    record Slot(String model, int rows) {
        static final int ALL = -1;
    }

    TensorLayout {
        slots = List.copyOf(slots);
    }

    private boolean isWhole() {
        return slots.size() == 1 && slots.getFirst().rows() == Slot.ALL;
    }

    private long groupRows() {
        return slots.stream().mapToLong(Slot::rows).sum();
    }

    /** Returns the number of rows of the checkpoint tensor; meaningless for a whole one. */
    long rows() {
        return groups * groupRows();
    }

    /** Returns what keeps a checkpoint tensor of this type from being split, if anything does. */
    Optional<String> problem(TensorType stored) {
        if (transposed && (stored.shape().rank() != 2 || stored.dtype().isQuantised())) {
            return Optional.of("'%s' is %s, expected a matrix that is not quantised".formatted(checkpoint, stored));
        }
        TensorType type = transposed ? Transposition.of(stored) : stored;
        if (isWhole() || type.shape().rank() > 0 && type.shape().extent(0) == rows()) {
            return Optional.empty();
        }
        return Optional.of("'%s' is %s, expected %d rows: %s".formatted(checkpoint, type.shape(), rows(), describe()));
    }

    private String describe() {
        var names = slots.stream()
                .map(slot -> "%d of '%s'".formatted(slot.rows(), slot.model()))
                .toList();
        return (groups == 1 ? "" : groups + " times ") + String.join(", ", names);
    }

    /** Returns the type of a model tensor in a checkpoint tensor of this type, which must have no problem. */
    TensorType type(Slot slot, TensorType stored) {
        return part(slot, transposed ? Transposition.of(stored) : stored);
    }

    private TensorType part(Slot slot, TensorType type) {
        return slot.rows() == Slot.ALL ? type : type.with(type.shape().with(0, groups * slot.rows()));
    }

    /** Adds a view of each model tensor in the checkpoint. */
    void split(TensorSource stored, Map<String, TensorSources.View> views) {
        TensorSource source = transposed ? Transposition.of(stored, checkpoint) : stored;
        TensorType type = source.type(checkpoint);
        long before = 0;
        for (Slot slot : slots) {
            long first = before;
            views.put(
                    slot.model(),
                    new TensorSources.View(
                            part(slot, type),
                            () -> isWhole()
                                    ? source.pieces(checkpoint)
                                    : pieces(source.data(checkpoint), type, first, slot.rows())));
            before += slot.rows();
        }
    }

    private List<MemorySegment> pieces(MemorySegment data, TensorType type, long first, int rows) {
        long rowBytes = rowBytes(type);
        var pieces = new ArrayList<MemorySegment>(groups);
        for (long group = 0; group < groups; group++) {
            pieces.add(data.asSlice((group * groupRows() + first) * rowBytes, rows * rowBytes));
        }
        return pieces;
    }

    private static long rowBytes(TensorType type) {
        return type.dtype().bytes(type.shape().product(1, type.shape().rank()));
    }

    /** Returns what keeps the model's tensors from being joined, if anything does. */
    Optional<String> joinProblem(TensorSource model) {
        var missing = slots.stream()
                .map(Slot::model)
                .filter(name -> !model.names().contains(name))
                .toList();
        if (!missing.isEmpty()) {
            return Optional.of(
                    "'%s' cannot be made, it lacks '%s'".formatted(checkpoint, String.join("', '", missing)));
        }
        if (isWhole()) {
            return Optional.empty();
        }
        TensorType first = model.type(slots.getFirst().model());
        for (Slot slot : slots) {
            TensorType type = model.type(slot.model());
            if (type.shape().rank() == 0 || type.shape().extent(0) != groups * slot.rows()) {
                return Optional.of("'%s' is %s, expected %d rows in '%s'"
                        .formatted(slot.model(), type.shape(), groups * slot.rows(), checkpoint));
            }
            if (type.dtype() != first.dtype()
                    || !type.shape().without(0).equals(first.shape().without(0))) {
                return Optional.of("'%s' is %s and '%s' is %s; rows of '%s' must be alike"
                        .formatted(slots.getFirst().model(), first, slot.model(), type, checkpoint));
            }
        }
        return Optional.empty();
    }

    /** Returns a view of the checkpoint tensor in the model. */
    TensorSources.View join(TensorSource model) {
        TensorSources.View joined = joinAsRead(model);
        return transposed ? Transposition.of(joined) : joined;
    }

    private TensorSources.View joinAsRead(TensorSource model) {
        TensorType first = model.type(slots.getFirst().model());
        if (isWhole()) {
            return new TensorSources.View(
                    first, () -> model.pieces(slots.getFirst().model()));
        }
        return new TensorSources.View(
                first.with(first.shape().with(0, (int) rows())), () -> interleave(model, rowBytes(first)));
    }

    private List<MemorySegment> interleave(TensorSource model, long rowBytes) {
        var data = slots.stream().map(slot -> model.data(slot.model())).toList();
        var pieces = new ArrayList<MemorySegment>(groups * slots.size());
        for (long group = 0; group < groups; group++) {
            for (int i = 0; i < slots.size(); i++) {
                long bytes = slots.get(i).rows() * rowBytes;
                pieces.add(data.get(i).asSlice(group * bytes, bytes));
            }
        }
        return pieces;
    }
}
