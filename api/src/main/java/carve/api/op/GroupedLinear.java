package carve.api.op;

import carve.api.tensor.DType;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.util.List;

/**
 * {@code y[n, j] = W[experts[n, j]] x[n] + b[experts[n, j]]}: linear layers of which each row of x chooses some, as in a mixture
 * of experts (Shazeer et al. 2017, arXiv:1701.06538). Operands are x {@code (N, I)} F32, experts {@code (N, K)} I32, weight
 * {@code (E, O, I)} of any floating-point storage, quantised ones included, and, optionally, bias {@code (E, O)}; y is
 * {@code (N, K, O)} F32. Numbers of experts are {@code 0 <= e < E}; kernels read no weights but those of experts that are chosen.
 *
 * <p>A quantised weight has no gradient; x has one through it. The gradient of weights of an expert that no row chose is zero.
 */
public record GroupedLinear() implements FusedOp {
    /** Returns {@code W[e] x} for the experts e of each row. */
    public static Tensor apply(Tensor x, Tensor experts, Tensor weight) {
        return Tensors.apply(new GroupedLinear(), x, experts, weight).getFirst();
    }

    /** Returns {@code W[e] x + b[e]} for the experts e of each row. */
    public static Tensor apply(Tensor x, Tensor experts, Tensor weight, Tensor bias) {
        return Tensors.apply(new GroupedLinear(), x, experts, weight, bias).getFirst();
    }

    @Override
    public String name() {
        return "grouped-linear";
    }

    @Override
    public List<TensorType> results(List<TensorType> operands) {
        OperandChecks.count(name(), operands, 3, 4);
        Shape x = OperandChecks.shape(operands, 0);
        Shape experts = OperandChecks.shape(operands, 1);
        Shape weight = OperandChecks.shape(operands, 2);
        OperandChecks.require(
                x.rank() == 2
                        && experts.rank() == 2
                        && weight.rank() == 3
                        && x.extent(0) == experts.extent(0)
                        && x.extent(1) == weight.extent(2)
                        && operands.get(0).dtype() == DType.F32
                        && operands.get(1).dtype() == DType.I32
                        && (operands.size() == 3
                                || OperandChecks.shape(operands, 3).equals(weight.sub(0, 2))),
                name(),
                "x (N, I) F32, experts (N, K) I32, weight (E, O, I) and bias (E, O)",
                operands);
        return List.of(new TensorType(DType.F32, experts.append(weight.extent(1))));
    }

    @Override
    public List<Tensor> reference(List<Tensor> operands) {
        Tensor x = operands.get(0);
        Tensor experts = operands.get(1);
        Tensor weight = operands.get(2).cast(DType.F32);
        int products = Math.toIntExact(experts.shape().size());
        int outputs = weight.extent(1);
        int inputs = weight.extent(2);
        Tensor rows = x.reshape(x.extent(0), 1, inputs)
                .broadcastTo(Shape.of(x.extent(0), experts.extent(1), inputs))
                .reshape(products, 1, inputs);
        Tensor chosen = weight.gather(experts).reshape(products, outputs, inputs);
        Tensor y = rows.matmul(chosen, false, true).reshape(experts.shape().append(outputs));
        return List.of(
                operands.size() == 4 ? y.add(operands.get(3).cast(DType.F32).gather(experts)) : y);
    }
}
