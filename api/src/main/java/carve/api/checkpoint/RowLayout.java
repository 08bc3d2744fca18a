package carve.api.checkpoint;

import carve.api.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * One checkpoint tensor and the model tensors whose rows it holds; a rule for one index.
 *
 * @param checkpoint the name in the checkpoint
 * @param transposed whether the last two axes are exchanged before all else
 * @param axis the axis along which rows are counted
 * @param groups how many groups of rows there are
 * @param slots the model tensors in the order in which a group has them
 * @param kept whether it is only carried along
 */
record RowLayout(String checkpoint, boolean transposed, int axis, int groups, List<Slot> slots, boolean kept)
        implements TensorLayout {
    RowLayout {
        slots = List.copyOf(slots);
    }

    private boolean isWhole() {
        return slots.size() == 1 && slots.getFirst().rows() == Slot.ALL;
    }

    private long groupRows() {
        return slots.stream().mapToLong(Slot::rows).sum();
    }

    @Override
    public long rows() {
        return groups * groupRows();
    }

    @Override
    public Optional<String> problem(TensorSource source) {
        TensorType type = source.type(checkpoint);
        if (transposed && (type.shape().rank() < 2 || type.dtype().isQuantised())) {
            return Optional.of("'%s' is %s; only tensors of 2 axes or more that are not quantised are transposed"
                    .formatted(checkpoint, type));
        }
        TensorType oriented = oriented(type);
        if (isWhole() || oriented.shape().rank() > axis && oriented.shape().extent(axis) == rows()) {
            return Optional.empty();
        }
        return Optional.of(
                "'%s' is %s, expected %d %s: %s".formatted(checkpoint, type.shape(), rows(), axisName(), describe()));
    }

    private String axisName() {
        return axis == 0 && !transposed ? "rows" : transposed ? "columns" : "rows along axis " + axis;
    }

    private TensorType oriented(TensorType type) {
        return transposed ? Transposition.type(type) : type;
    }

    private String describe() {
        var names = slots.stream()
                .map(slot -> "%d of '%s'".formatted(slot.rows(), slot.model()))
                .toList();
        return (groups == 1 ? "" : groups + " times ") + String.join(", ", names);
    }

    @Override
    public boolean hasRowsOfModel(TensorType type) {
        return !transposed && (isWhole() || axis < type.shape().rank() - 1);
    }

    @Override
    public TensorType type(Slot slot, TensorType type) {
        TensorType oriented = oriented(type);
        return slot.rows() == Slot.ALL
                ? oriented
                : oriented.with(oriented.shape().with(axis, groups * slot.rows()));
    }

    @Override
    public void split(TensorSource source, Map<String, TensorSources.View> views) {
        TensorType type = source.type(checkpoint);
        long before = 0;
        for (Slot slot : slots) {
            long first = before;
            views.put(
                    slot.model(),
                    new TensorSources.View(
                            type(slot, type),
                            () -> isWhole() && !transposed
                                    ? source.pieces(checkpoint)
                                    : pieces(oriented(source, type), oriented(type), first, slot.rows())));
            before += slot.rows();
        }
    }

    private MemorySegment oriented(TensorSource source, TensorType type) {
        MemorySegment data = source.data(checkpoint);
        return transposed ? Transposition.transpose(data, type) : data;
    }

    private List<MemorySegment> pieces(MemorySegment data, TensorType type, long first, int rows) {
        if (rows == Slot.ALL) {
            return List.of(data);
        }
        long rowBytes = rowBytes(type);
        long all = type.shape().product(0, axis) * groups;
        var pieces = new ArrayList<MemorySegment>(Math.toIntExact(all));
        for (long group = 0; group < all; group++) {
            pieces.add(data.asSlice((group * groupRows() + first) * rowBytes, rows * rowBytes));
        }
        return pieces;
    }

    private long rowBytes(TensorType type) {
        return type.dtype().bytes(type.shape().product(axis + 1, type.shape().rank()));
    }

    @Override
    public Optional<String> joinProblem(TensorSource model) {
        var missing = slots.stream()
                .map(Slot::model)
                .filter(name -> !model.names().contains(name))
                .toList();
        if (!missing.isEmpty()) {
            return Optional.of(
                    "'%s' cannot be made, it lacks '%s'".formatted(checkpoint, String.join("', '", missing)));
        }
        TensorType first = model.type(slots.getFirst().model());
        if (transposed && (first.dtype().isQuantised() || first.shape().rank() < 2)) {
            return Optional.of(
                    "'%s' is %s; only tensors of 2 axes or more that are not quantised are transposed to '%s'"
                            .formatted(slots.getFirst().model(), first, checkpoint));
        }
        if (isWhole()) {
            return Optional.empty();
        }
        for (Slot slot : slots) {
            TensorType type = model.type(slot.model());
            if (type.shape().rank() <= axis || type.shape().extent(axis) != groups * slot.rows()) {
                return Optional.of("'%s' is %s, expected %d rows in '%s'"
                        .formatted(slot.model(), type.shape(), groups * slot.rows(), checkpoint));
            }
            if (type.dtype() != first.dtype()
                    || !type.shape().without(axis).equals(first.shape().without(axis))) {
                return Optional.of("'%s' is %s and '%s' is %s; rows of '%s' must be alike"
                        .formatted(slots.getFirst().model(), first, slot.model(), type, checkpoint));
            }
        }
        return Optional.empty();
    }

    @Override
    public TensorSources.View join(TensorSource model) {
        TensorType first = model.type(slots.getFirst().model());
        TensorType joined = isWhole() ? first : first.with(first.shape().with(axis, (int) rows()));
        Supplier<List<MemorySegment>> pieces = isWhole()
                ? () -> model.pieces(slots.getFirst().model())
                : () -> interleave(model, rowBytes(first), joined.shape().product(0, axis) * groups);
        return transposed
                ? new TensorSources.View(
                        Transposition.type(joined),
                        () -> List.of(Transposition.transpose(TensorSources.join(pieces.get()), joined)))
                : new TensorSources.View(joined, pieces);
    }

    private List<MemorySegment> interleave(TensorSource model, long rowBytes, long all) {
        var data = slots.stream().map(slot -> model.data(slot.model())).toList();
        var pieces = new ArrayList<MemorySegment>(Math.toIntExact(all * slots.size()));
        for (long group = 0; group < all; group++) {
            for (int i = 0; i < slots.size(); i++) {
                long bytes = slots.get(i).rows() * rowBytes;
                pieces.add(data.get(i).asSlice(group * bytes, bytes));
            }
        }
        return pieces;
    }
}
