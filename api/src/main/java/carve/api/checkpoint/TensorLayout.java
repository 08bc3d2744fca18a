package carve.api.checkpoint;

import carve.api.tensor.TensorType;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One checkpoint tensor and what it holds of the model: a rule for one index. */
sealed interface TensorLayout permits RowLayout, StackLayout {
    /** A model tensor and its rows in one group; {@link #ALL} where it is the whole tensor. */
    record Slot(String model, int rows) {
        static final int ALL = -1;
    }

    /** Returns the name in the checkpoint. */
    String checkpoint();

    /** Returns the model tensors in the order in which it has them. */
    List<Slot> slots();

    /** Returns whether it is only carried along. */
    boolean kept();

    /** Returns the number of rows of the checkpoint tensor; negative for a whole one. */
    long rows();

    /** Returns what keeps the tensor, as a checkpoint has it, from being read, if anything does. */
    Optional<String> problem(TensorSource source);

    /** Returns whether the last axis of a checkpoint tensor of this type is that of the model's tensors. */
    boolean hasRowsOfModel(TensorType type);

    /** Returns the type of a model tensor for a checkpoint tensor of this type, which must have no problem. */
    TensorType type(Slot slot, TensorType type);

    /** Adds a view of each model tensor that begins in this one. */
    void split(TensorSource source, Map<String, TensorSources.View> views);

    /** Returns what keeps this tensor from being made of the model's, if anything does. */
    Optional<String> joinProblem(TensorSource model);

    /** Returns a view of the checkpoint tensor in the model. */
    TensorSources.View join(TensorSource model);
}
