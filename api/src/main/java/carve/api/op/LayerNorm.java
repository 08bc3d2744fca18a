package carve.api.op;

import carve.api.tensor.DType;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.util.List;
import java.util.Set;

/**
 * {@code (x - mean(x)) / sqrt(variance(x) + epsilon) * weight + bias} over the last axis (Ba, Kiros and Hinton 2016,
 * arXiv:1607.06450), of operands x {@code (..., D)}, weight {@code (D)} and bias {@code (D)}.
 *
 * @param epsilon added to the variance
 */
public record LayerNorm(double epsilon) implements FusedOp {
    private static final Set<Integer> WEIGHTS = Set.of(1, 2);

    /** Returns the normalised x. */
    public static Tensor apply(Tensor x, Tensor weight, Tensor bias, double epsilon) {
        return Tensors.apply(new LayerNorm(epsilon), x, weight, bias).getFirst();
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
        OperandChecks.count(name(), operands, 3, 3);
        RmsNorm.requireSuffix(name(), operands, 1);
        RmsNorm.requireSuffix(name(), operands, 2);
        return List.of(operands.getFirst());
    }

    @Override
    public List<Tensor> reference(List<Tensor> operands) {
        Tensor centred = operands.get(0).subtract(operands.get(0).mean(-1));
        return List.of(RmsNorm.normalised(centred, epsilon)
                .multiply(operands.get(1).cast(DType.F32))
                .add(operands.get(2).cast(DType.F32)));
    }
}
