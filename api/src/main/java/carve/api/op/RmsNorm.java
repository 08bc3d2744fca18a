package carve.api.op;

import carve.api.tensor.DType;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Op.UnaryFunction;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.util.List;
import java.util.Set;

/**
 * {@code x / sqrt(mean(x^2) + epsilon) * weight} over the last axis (Zhang and Sennrich 2019, arXiv:1910.07467), of
 * operands x {@code (..., D)} and weight, whose shape is the end of x's: {@code (D)} or, per head, {@code (H, D)}.
 *
 * @param epsilon added to the mean square
 */
public record RmsNorm(double epsilon) implements FusedOp {
    private static final Set<Integer> WEIGHTS = Set.of(1);

    /** Returns the normalised x times the weight. */
    public static Tensor apply(Tensor x, Tensor weight, double epsilon) {
        return Tensors.apply(new RmsNorm(epsilon), x, weight).getFirst();
    }

    @Override
    public String name() {
        return "rms-norm";
    }

    @Override
    public Set<Integer> weightOperands() {
        return WEIGHTS;
    }

    @Override
    public List<TensorType> results(List<TensorType> operands) {
        OperandChecks.count(name(), operands, 2, 2);
        requireSuffix(name(), operands, 1);
        return List.of(operands.getFirst());
    }

    static void requireSuffix(String op, List<TensorType> operands, int index) {
        Shape x = OperandChecks.shape(operands, 0);
        Shape weight = OperandChecks.shape(operands, index);
        OperandChecks.require(
                weight.rank() >= 1
                        && weight.rank() <= x.rank()
                        && weight.equals(x.sub(x.rank() - weight.rank(), x.rank())),
                op,
                "x (..., D) and a weight of the shape of its last axes",
                operands);
    }

    @Override
    public List<Tensor> reference(List<Tensor> operands) {
        return List.of(
                normalised(operands.get(0), epsilon).multiply(operands.get(1).cast(DType.F32)));
    }

    static Tensor normalised(Tensor x, double epsilon) {
        Tensor scale = x.multiply(x).mean(-1).add(epsilon).unary(UnaryFunction.SQRT);
        return x.divide(scale);
    }
}
