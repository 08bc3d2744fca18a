package carve.api.op;

import carve.api.tensor.FusedOp;
import carve.api.tensor.Op.UnaryFunction;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.util.List;

/** {@code silu(a) * b} of two operands of one shape (Shazeer 2020, arXiv:2002.05202). */
public record SwiGlu() implements FusedOp {
    /** Returns {@code silu(a) * b}. */
    public static Tensor apply(Tensor a, Tensor b) {
        return Tensors.apply(new SwiGlu(), a, b).getFirst();
    }

    @Override
    public String name() {
        return "swiglu";
    }

    @Override
    public List<TensorType> results(List<TensorType> operands) {
        OperandChecks.count(name(), operands, 2, 2);
        OperandChecks.require(operands.get(0).equals(operands.get(1)), name(), "two operands of one type", operands);
        return List.of(operands.getFirst());
    }

    @Override
    public List<Tensor> reference(List<Tensor> operands) {
        return List.of(operands.get(0).unary(UnaryFunction.SILU).multiply(operands.get(1)));
    }
}
