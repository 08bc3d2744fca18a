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
 * {@code x / sqrt(mean(x^2) + epsilon) * (weight + offset)} over the last axis (Zhang and Sennrich 2019, arXiv:1910.07467),
 * of operands x {@code (..., D)} and perhaps weight, whose shape is the end of x's: {@code (D)} or, per head, {@code (H, D)}.
 *
 * @param epsilon added to the mean square
 * @param offset added to the weight: 0, or 1 where checkpoints hold the difference from 1, as Gemma's do
 */
public record RmsNorm(double epsilon, double offset) implements FusedOp {
    private static final Set<Integer> WEIGHTS = Set.of(1);

    /** Makes the norm whose weight is taken as it is. */
    public RmsNorm(double epsilon) {
        this(epsilon, 0);
    }

    /** Returns the normalised x, without a weight. */
    public static Tensor apply(Tensor x, double epsilon) {
        return Tensors.apply(new RmsNorm(epsilon), x).getFirst();
    }

    /** Returns the normalised x times the weight. */
    public static Tensor apply(Tensor x, Tensor weight, double epsilon) {
        return apply(x, weight, epsilon, 0);
    }

    /** Returns the normalised x times the weight, to which an offset is added. */
    public static Tensor apply(Tensor x, Tensor weight, double epsilon, double offset) {
        return Tensors.apply(new RmsNorm(epsilon, offset), x, weight).getFirst();
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
        OperandChecks.count(name(), operands, 1, 2);
        if (operands.size() > 1) {
            requireSuffix(name(), operands, 1);
        }
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
        Tensor y = normalised(operands.getFirst(), epsilon);
        return List.of(operands.size() == 1 ? y : y.multiply(weight(operands.get(1), offset)));
    }

    /** Returns a weight as F32, with an offset that is added. */
    static Tensor weight(Tensor weight, double offset) {
        Tensor wide = weight.cast(DType.F32);
        return offset == 0 ? wide : wide.add(offset);
    }

    static Tensor normalised(Tensor x, double epsilon) {
        Tensor scale = x.multiply(x).mean(-1).add(epsilon).unary(UnaryFunction.SQRT);
        return x.divide(scale);
    }
}
