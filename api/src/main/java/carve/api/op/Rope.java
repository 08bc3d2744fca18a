package carve.api.op;

import carve.api.tensor.FusedOp;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.util.List;

/**
 * Rotary position embedding (Su et al. 2021, arXiv:2104.09864) in the half-rotation form, of operands x {@code (B, T, H,
 * K)}, cos and sin {@code (T, R/2)}: for {@code i < R/2}, {@code y[i] = x[i] cos[i] - x[i + R/2] sin[i]} and {@code y[i
 * + R/2] = x[i + R/2] cos[i] + x[i] sin[i]}; the elements from R on stay as they are.
 */
public record Rope() implements FusedOp {
    /** Returns x rotated. */
    public static Tensor apply(Tensor x, Tensor cos, Tensor sin) {
        return Tensors.apply(new Rope(), x, cos, sin).getFirst();
    }

    @Override
    public String name() {
        return "rope";
    }

    @Override
    public List<TensorType> results(List<TensorType> operands) {
        OperandChecks.count(name(), operands, 3, 3);
        Shape x = OperandChecks.shape(operands, 0);
        Shape cos = OperandChecks.shape(operands, 1);
        OperandChecks.require(
                x.rank() == 4
                        && cos.rank() == 2
                        && operands.get(1).equals(operands.get(2))
                        && cos.extent(0) == x.extent(1)
                        && 2 * cos.extent(1) <= x.extent(3),
                name(),
                "x (B, T, H, K), cos and sin (T, R/2) with R <= K",
                operands);
        return List.of(operands.getFirst());
    }

    @Override
    public List<Tensor> reference(List<Tensor> operands) {
        Tensor x = operands.get(0);
        int half = operands.get(1).extent(1);
        Tensor cos = operands.get(1).reshape(x.extent(1), 1, half);
        Tensor sin = operands.get(2).reshape(x.extent(1), 1, half);
        Tensor low = x.slice(3, 0, half);
        Tensor high = x.slice(3, half, 2 * half);
        Tensor rest = x.slice(3, 2 * half, x.extent(3));
        return List.of(Tensors.concat(
                3,
                List.of(
                        low.multiply(cos).subtract(high.multiply(sin)),
                        high.multiply(cos).add(low.multiply(sin)),
                        rest)));
    }
}
