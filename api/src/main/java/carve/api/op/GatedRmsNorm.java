package carve.api.op;

import carve.api.tensor.DType;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Op.UnaryFunction;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.util.List;
import java.util.Set;

/**
 * A root-mean-square norm over the last axis with a SiLU gate, of operands x {@code (..., D)}, gate of the same shape,
 * and weight, whose shape is the end of x's.
 *
 * @param epsilon added to the mean square
 * @param gateFirst {@code norm(x * silu(gate)) * weight} as in state-spaces' Mamba-2 rather than {@code norm(x) * weight
 *     * silu(gate)} as in mmMamba
 */
public record GatedRmsNorm(double epsilon, boolean gateFirst) implements FusedOp {
    private static final Set<Integer> WEIGHTS = Set.of(2);

    /** Returns the gated norm of x. */
    public static Tensor apply(Tensor x, Tensor gate, Tensor weight, double epsilon, boolean gateFirst) {
        return Tensors.apply(new GatedRmsNorm(epsilon, gateFirst), x, gate, weight)
                .getFirst();
    }

    @Override
    public String name() {
        return "gated-rms-norm";
    }

    @Override
    public Set<Integer> weightOperands() {
        return WEIGHTS;
    }

    @Override
    public List<TensorType> results(List<TensorType> operands) {
        OperandChecks.count(name(), operands, 3, 3);
        RmsNorm.requireSuffix(name(), operands, 2);
        OperandChecks.require(operands.get(0).equals(operands.get(1)), name(), "a gate of the type of x", operands);
        return List.of(operands.getFirst());
    }

    @Override
    public List<Tensor> reference(List<Tensor> operands) {
        Tensor x = operands.get(0);
        Tensor gate = operands.get(1).unary(UnaryFunction.SILU);
        Tensor weight = operands.get(2).cast(DType.F32);
        Tensor y = gateFirst
                ? RmsNorm.normalised(x.multiply(gate), epsilon).multiply(weight)
                : RmsNorm.normalised(x, epsilon).multiply(weight).multiply(gate);
        return List.of(y);
    }
}
