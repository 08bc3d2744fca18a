package carve.api.op;

import carve.api.tensor.FusedOp;
import carve.api.tensor.Op.BinaryFunction;
import carve.api.tensor.Op.UnaryFunction;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.util.List;

/**
 * {@code g sigmoid(alpha g) (u + 1)} of two operands a and b of one shape, with {@code g = min(a, limit)} and
 * {@code u = max(-limit, min(b, limit))}: the gated unit of gpt-oss (OpenAI 2025, arXiv:2508.10925).
 *
 * @param alpha the factor in the sigmoid
 * @param limit the greatest g and magnitude of u
 */
public record ClampedSwiGlu(double alpha, double limit) implements FusedOp {
    /** Returns the unit of a gate a and a value b. */
    public Tensor of(Tensor a, Tensor b) {
        return Tensors.apply(this, a, b).getFirst();
    }

    @Override
    public String name() {
        return "clamped-swiglu";
    }

    @Override
    public boolean isKernelOptional() {
        return true;
    }

    @Override
    public List<TensorType> results(List<TensorType> operands) {
        OperandChecks.count(name(), operands, 2, 2);
        OperandChecks.require(operands.get(0).equals(operands.get(1)), name(), "two operands of one type", operands);
        return List.of(operands.getFirst());
    }

    @Override
    public List<Tensor> reference(List<Tensor> operands) {
        Tensor most = Tensors.scalar(operands.getFirst().device(), limit);
        Tensor least = Tensors.scalar(operands.getFirst().device(), -limit);
        Tensor gate = operands.get(0).binary(BinaryFunction.MINIMUM, most);
        Tensor value = operands.get(1).binary(BinaryFunction.MINIMUM, most).binary(BinaryFunction.MAXIMUM, least);
        Tensor sigmoid = gate.multiply(alpha).unary(UnaryFunction.SIGMOID);
        return List.of(gate.multiply(sigmoid).multiply(value.add(1)));
    }
}
