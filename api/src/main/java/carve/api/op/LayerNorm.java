package carve.api.op;

import carve.api.tensor.DType;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.util.List;
import java.util.Set;

/**
 * {@code (x - mean(x)) / sqrt(variance(x) + epsilon) * (weight + offset) + bias} over the last axis (Ba, Kiros and Hinton 2016,
 * arXiv:1607.06450), of operands x {@code (..., D)} and perhaps weight, and perhaps bias after it. Their shapes are the end of
 * x's: {@code (D)} or, per head, {@code (H, D)}.
 *
 * @param epsilon added to the variance
 * @param offset added to the weight: 0, or 1 where checkpoints hold the difference from 1, as Nemotron's do
 */
public record LayerNorm(double epsilon, double offset) implements FusedOp {
    private static final Set<Integer> WEIGHTS = Set.of(1, 2);

    /** Makes the norm whose weight is taken as it is. */
    public LayerNorm(double epsilon) {
        this(epsilon, 0);
    }

    /** Returns the normalised x, without weight and bias. */
    public static Tensor apply(Tensor x, double epsilon) {
        return Tensors.apply(new LayerNorm(epsilon), x).getFirst();
    }

    /** Returns the normalised x times the weight, to which an offset is added. */
    public static Tensor apply(Tensor x, Tensor weight, double epsilon, double offset) {
        return Tensors.apply(new LayerNorm(epsilon, offset), x, weight).getFirst();
    }

    /** Returns the normalised x times the weight, plus the bias. */
    public static Tensor apply(Tensor x, Tensor weight, Tensor bias, double epsilon) {
        return apply(x, weight, bias, epsilon, 0);
    }

    /** Returns the normalised x times the weight, to which an offset is added, plus the bias. */
    public static Tensor apply(Tensor x, Tensor weight, Tensor bias, double epsilon, double offset) {
        return Tensors.apply(new LayerNorm(epsilon, offset), x, weight, bias).getFirst();
    }

    @Override
    public String name() {
        return "layer-norm";
    }

    @Override
    public Set<Integer> weightOperands() {
        return WEIGHTS;
    }

    @Override
    public List<TensorType> results(List<TensorType> operands) {
        OperandChecks.count(name(), operands, 1, 3);
        for (int i = 1; i < operands.size(); i++) {
            RmsNorm.requireSuffix(name(), operands, i);
        }
        return List.of(operands.getFirst());
    }

    @Override
    public List<Tensor> reference(List<Tensor> operands) {
        Tensor centred = operands.get(0).subtract(operands.get(0).mean(-1));
        Tensor y = RmsNorm.normalised(centred, epsilon);
        if (operands.size() > 1) {
            y = y.multiply(RmsNorm.weight(operands.get(1), offset));
        }
        return List.of(operands.size() > 2 ? y.add(operands.get(2).cast(DType.F32)) : y);
    }
}
