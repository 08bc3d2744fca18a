package carve.api.checkpoint;

import carve.api.tensor.Shape;
import carve.api.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * One of several checkpoint tensors that are one model tensor: what it holds at one index of the first axis.
 *
 * @param stack the names of all of them in the checkpoint, in order
 * @param place the index of this one
 * @param model the name in the model
 */
record StackLayout(List<String> stack, int place, String model) implements TensorLayout {
    @Override
    public String checkpoint() {
        return stack.get(place);
    }

    @Override
    public List<Slot> slots() {
        return List.of(new Slot(model, Slot.ALL));
    }

    @Override
    public boolean kept() {
        return false;
    }

    @Override
    public long rows() {
        return Slot.ALL;
    }

    @Override
    public Optional<String> problem(TensorSource source) {
        String first =
                stack.stream().filter(source.names()::contains).findFirst().orElseThrow();
        TensorType type = source.type(checkpoint());
        return type.equals(source.type(first))
                ? Optional.empty()
                : Optional.of("'%s' is %s and '%s' is %s; the tensors of '%s' must be alike"
                        .formatted(checkpoint(), type, first, source.type(first), model));
    }

    @Override
    public boolean hasRowsOfModel(TensorType type) {
        return true;
    }

    @Override
    public TensorType type(Slot slot, TensorType type) {
        int[] extents = IntStream.concat(
                        IntStream.of(stack.size()), IntStream.of(type.shape().extents()))
                .toArray();
        return type.with(Shape.of(extents));
    }

    /** Returns the names of the stack that a checkpoint lacks. */
    List<String> missing(TensorSource source) {
        return stack.stream().filter(name -> !source.names().contains(name)).toList();
    }

    @Override
    public void split(TensorSource source, Map<String, TensorSources.View> views) {
        if (place == 0) {
            TensorType type = type(slots().getFirst(), source.type(checkpoint()));
            views.put(model, new TensorSources.View(type, () -> pieces(source)));
        }
    }

    private List<MemorySegment> pieces(TensorSource source) {
        return stack.stream().flatMap(name -> source.pieces(name).stream()).toList();
    }

    @Override
    public Optional<String> joinProblem(TensorSource source) {
        TensorType type = source.type(model);
        return type.shape().rank() > 0 && type.shape().extent(0) == stack.size()
                ? Optional.empty()
                : Optional.of("'%s' is %s, expected %d tensors '%s' and so on"
                        .formatted(model, type.shape(), stack.size(), stack.getFirst()));
    }

    @Override
    public TensorSources.View join(TensorSource source) {
        TensorType whole = source.type(model);
        TensorType type = whole.with(whole.shape().without(0));
        long bytes = type.bytes();
        return new TensorSources.View(type, () -> List.of(source.data(model).asSlice(place * bytes, bytes)));
    }
}
