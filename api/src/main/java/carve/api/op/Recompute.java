package carve.api.op;

import carve.api.tensor.FusedOp;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.util.List;
import java.util.function.Function;

/**
 * A block of operations that is run again when gradients are asked for, so that its inner tensors need not be kept:
 * activation checkpointing (Chen et al. 2016, arXiv:1604.06174). Everything the block is to be differentiated by must be
 * among its operands.
 *
 * @param types of the results
 * @param block the operations
 */
public record Recompute(List<TensorType> types, Function<List<Tensor>, List<Tensor>> block) implements FusedOp {
    /** Returns the results of the block on the operands. */
    public static List<Tensor> apply(
            List<TensorType> types, Function<List<Tensor>, List<Tensor>> block, List<Tensor> operands) {
        return Tensors.apply(new Recompute(types, block), operands);
    }

    @Override
    public String name() {
        return "recompute";
    }

    @Override
    public List<TensorType> results(List<TensorType> operands) {
        return types;
    }

    @Override
    public List<Tensor> reference(List<Tensor> operands) {
        return block.apply(operands);
    }

    @Override
    public boolean isRecomputed() {
        return true;
    }
}
