package carve.api.op;

import carve.api.tensor.FusedOp;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.util.List;

/**
 * Rotary position embedding (Su et al. 2021, arXiv:2104.09864), of operands x {@code (B, T, H, K)}, cos and sin {@code (T,
 * R/2)}. Pair {@code i < R/2} of elements {@code (a, b)} becomes {@code (a cos[i] - b sin[i], b cos[i] + a sin[i])}; the
 * elements from R on stay as they are.
 *
 * @param pairing which elements are a pair
 */
public record Rope(Pairing pairing) implements FusedOp {
    /** The pairs of elements that are rotated together. */
    public enum Pairing {
        /** Elements {@code i} and {@code i + R/2}, as in GPT-NeoX and Llama ({@code rotate_half}). */
        HALF,
        /** Elements {@code 2 i} and {@code 2 i + 1}, as in the paper, GPT-J, Cohere and GLM-4. */
        INTERLEAVED
    }

    /** Makes the rotation of pairs that are half a width apart. */
    public Rope() {
        this(Pairing.HALF);
    }

    /** Returns x rotated in pairs that are half a width apart. */
    public static Tensor apply(Tensor x, Tensor cos, Tensor sin) {
        return apply(x, cos, sin, Pairing.HALF);
    }

    /** Returns x rotated. */
    public static Tensor apply(Tensor x, Tensor cos, Tensor sin, Pairing pairing) {
        return Tensors.apply(new Rope(pairing), x, cos, sin).getFirst();
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
        Tensor cos = operands.get(1).reshape(x.extent(1), 1, half, 1);
        Tensor sin = operands.get(2).reshape(x.extent(1), 1, half, 1);
        Shape pairs = Shape.of(x.extent(0), x.extent(1), x.extent(2), half, 2);
        Tensor rotary = x.slice(3, 0, 2 * half);
        Tensor paired = pairing == Pairing.INTERLEAVED
                ? rotary.reshape(pairs)
                : rotary.reshape(pairs.with(3, 2).with(4, half)).permute(0, 1, 2, 4, 3);
        Tensor a = paired.slice(4, 0, 1);
        Tensor b = paired.slice(4, 1, 2);
        Tensor rotated = Tensors.concat(
                4,
                List.of(
                        a.multiply(cos).subtract(b.multiply(sin)),
                        b.multiply(cos).add(a.multiply(sin))));
        Tensor ordered = pairing == Pairing.INTERLEAVED ? rotated : rotated.permute(0, 1, 2, 4, 3);
        return List.of(Tensors.concat(3, List.of(ordered.reshape(rotary.shape()), x.slice(3, 2 * half, x.extent(3)))));
    }
}
