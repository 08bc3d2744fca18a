package carve.api.op;

import carve.api.tensor.FusedOp;
import carve.api.tensor.RowChunks;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * A block of operations that treats rows alike, run for some rows at a time and again when gradients are asked for: {@link
 * Recompute}, piece by piece. A loss over a vocabulary is computed so from hidden states {@code (M, D)} and the weights {@code
 * (V, D)} of the output layer without logits {@code (M, V)} that are there all at once; what stays is {@code (M, D)}.
 *
 * {@snippet :
 * Tensor losses = ByRows.apply(
 *         List.of(TensorType.f32(rows)),
 *         in -> List.of(CrossEntropy.apply(Linear.apply(in.get(0), in.get(1)), in.get(2))),
 *         new Pieces(512, List.of(true, false, true)),
 *         List.of(hidden, weight, targets)).getFirst();
 * }
 *
 * @param types of the results, whose first axis is that of rows
 * @param block the operations, for rows of the operands that are cut; everything it is to be differentiated by must be among
 *     its operands
 * @param rowChunks how many rows at a time, and which operands have them
 */
public record ChunkedRecompute(List<TensorType> types, Function<List<Tensor>, List<Tensor>> block, RowChunks rowChunks)
        implements FusedOp {
    /** Returns the results of the block on the operands. */
    public static List<Tensor> apply(
            List<TensorType> types, Function<List<Tensor>, List<Tensor>> block, RowChunks plan, List<Tensor> operands) {
        return Tensors.apply(new ChunkedRecompute(types, block, plan), operands);
    }

    @Override
    public String name() {
        return "by-rows";
    }

    @Override
    public List<TensorType> results(List<TensorType> operands) {
        OperandChecks.count(
                name(),
                operands,
                rowChunks.isChunked().size(),
                rowChunks.isChunked().size());
        int first = rowChunks.isChunked().indexOf(true);
        for (int i = 0; i < operands.size(); i++) {
            boolean fits = !rowChunks.isChunked().get(i)
                    || OperandChecks.shape(operands, i).rank() > 0
                            && OperandChecks.shape(operands, i).extent(0)
                                    == OperandChecks.shape(operands, first).extent(0);
            OperandChecks.require(
                    fits,
                    name(),
                    "operands of equally many rows where they are cut, " + rowChunks.isChunked() + ",",
                    operands);
        }
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

    @Override
    public Optional<RowChunks> chunks() {
        return Optional.of(rowChunks);
    }
}
