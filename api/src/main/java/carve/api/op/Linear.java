package carve.api.op;

import carve.api.tensor.DType;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.util.List;

/**
 * {@code y = x W^T + b} of operands x {@code (..., K)} F32, weight {@code (N, K)} of any floating-point storage,
 * quantised ones included, and, optionally, bias {@code (N)}; y is {@code (..., N)} F32. A quantised weight has no gradient;
 * x has one through it.
 */
public record Linear() implements FusedOp {
    /** Returns {@code x W^T}. */
    public static Tensor apply(Tensor x, Tensor weight) {
        return Tensors.apply(new Linear(), x, weight).getFirst();
    }

    /** Returns {@code x W^T + b}. */
    public static Tensor apply(Tensor x, Tensor weight, Tensor bias) {
        return Tensors.apply(new Linear(), x, weight, bias).getFirst();
    }

    @Override
    public String name() {
        return "linear";
    }

    @Override
    public List<TensorType> results(List<TensorType> operands) {
        OperandChecks.count(name(), operands, 2, 3);
        Shape x = OperandChecks.shape(operands, 0);
        Shape weight = OperandChecks.shape(operands, 1);
        OperandChecks.require(
                x.rank() >= 1
                        && weight.rank() == 2
                        && x.extent(-1) == weight.extent(1)
                        && operands.getFirst().dtype() == DType.F32
                        && (operands.size() == 2
                                || OperandChecks.shape(operands, 2).equals(Shape.of(weight.extent(0)))),
                name(),
                "x (..., K), weight (N, K) and bias (N)",
                operands);
        return List.of(new TensorType(DType.F32, x.with(-1, weight.extent(0))));
    }

    @Override
    public List<Tensor> reference(List<Tensor> operands) {
        Tensor x = operands.get(0);
        Tensor weight = operands.get(1).cast(DType.F32);
        Tensor y = x.reshape(-1, x.extent(-1))
                .matmul(weight, false, true)
                .reshape(x.shape().with(-1, weight.extent(0)));
        return List.of(operands.size() == 3 ? y.add(operands.get(2).cast(DType.F32)) : y);
    }
}
