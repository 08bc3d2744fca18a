package carve.api.op;

import carve.api.tensor.DType;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Op;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The cross-entropy of each row, {@code log(sum exp(logits)) - logits[target]}, of operands logits {@code (M, V)} and
 * targets {@code (M)} I32. Rows with a negative target are ignored: 0, and no gradient. The result is {@code (M)}.
 */
public record CrossEntropy() implements FusedOp {
    /** Returns the cross-entropy of each row. */
    public static Tensor apply(Tensor logits, Tensor targets) {
        return Tensors.apply(new CrossEntropy(), logits, targets).getFirst();
    }

    @Override
    public String name() {
        return "cross-entropy";
    }

    @Override
    public List<TensorType> results(List<TensorType> operands) {
        OperandChecks.count(name(), operands, 2, 2);
        Shape logits = OperandChecks.shape(operands, 0);
        boolean fits = logits.rank() == 2 && operands.get(1).equals(new TensorType(DType.I32, logits.sub(0, 1)));
        OperandChecks.require(fits, name(), "logits (M, V) and I32 targets (M)", operands);
        return List.of(new TensorType(DType.F32, logits.sub(0, 1)));
    }

    @Override
    public List<Tensor> reference(List<Tensor> operands) {
        Tensor logits = operands.get(0);
        Tensor targets = operands.get(1).reshape(-1, 1);
        int columns = logits.extent(1);
        Tensor zero = Tensors.scalar(logits.device(), 0);
        Tensor index = Tensors.of(
                logits.device(), Shape.of(columns), IntStream.range(0, columns).toArray());
        Tensor chosen = Tensors.apply(new Op.Compare(Op.Comparison.EQUAL), index, targets);
        Tensor ignored =
                Tensors.apply(new Op.Compare(Op.Comparison.LESS), targets, Tensors.of(logits.device(), Shape.of(), 0));
        Tensor loss =
                logSumExp(logits).subtract(Tensors.where(chosen, logits, zero).sum(1));
        return List.of(Tensors.where(ignored, zero, loss).reshape(logits.extent(0)));
    }

    static Tensor logSumExp(Tensor logits) {
        Tensor max = logits.detach().max(1);
        return logits.subtract(max).exp().sum(1).log().add(max);
    }
}
