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
 * A causal depthwise convolution over positions, of operands x {@code (B, T, C)}, weight {@code (C, 1, W)}, bias {@code
 * (C)} and state {@code (S, C, W-1)}, the inputs before the first, oldest first: {@code y[t] = bias + sum over i < W of
 * weight[i] * x[t - W + 1 + i]}, then SiLU if asked for. Results are y {@code (B, T, C)} and the next state.
 *
 * @param silu whether SiLU follows
 * @param sequenceLayout how rows are divided; S is their number
 */
public record CausalConv(boolean silu, SequenceLayout sequenceLayout) implements FusedOp {
    private static final Set<Integer> WEIGHTS = Set.of(1, 2);

    @Override
    public String name() {
        return "causal-conv";
    }

    @Override
    public Set<Integer> weightOperands() {
        return WEIGHTS;
    }

    @Override
    public List<TensorType> results(List<TensorType> operands) {
        OperandChecks.count(name(), operands, 4, 4);
        Shape x = OperandChecks.shape(operands, 0);
        Shape weight = OperandChecks.shape(operands, 1);
        boolean fits = x.rank() == 3
                && weight.rank() == 3
                && weight.extent(0) == x.extent(2)
                && weight.extent(1) == 1
                && OperandChecks.shape(operands, 2).equals(Shape.of(x.extent(2)))
                && OperandChecks.shape(operands, 3)
                        .equals(Shape.of(sequenceLayout.count(), x.extent(2), weight.extent(2) - 1))
                && x.extent(0) == sequenceLayout.batch()
                && x.extent(1) == sequenceLayout.positions();
        OperandChecks.require(
                fits,
                name(),
                "x (B, T, C), weight (C, 1, W), bias (C) and state (S, C, W-1)",
                sequenceLayout,
                operands);
        return List.of(operands.get(0), operands.get(3));
    }

    @Override
    public List<Tensor> reference(List<Tensor> operands) {
        Tensor weight = operands.get(1).cast(DType.F32);
        Tensor bias = operands.get(2).cast(DType.F32);
        return sequenceLayout.forEachSequence(
                operands.subList(0, 1),
                operands.get(3),
                (parts, state) -> convolve(parts.getFirst(), weight, bias, state));
    }

    private List<Tensor> convolve(Tensor x, Tensor weight, Tensor bias, Tensor state) {
        int width = weight.extent(2);
        Tensor padded = Tensors.concat(1, List.of(state.permute(0, 2, 1), x));
        Tensor y = bias;
        for (int i = 0; i < width; i++) {
            Tensor tap = weight.slice(2, i, i + 1).reshape(x.extent(2));
            y = y.add(padded.slice(1, i, i + x.extent(1)).multiply(tap));
        }
        Tensor next = padded.slice(1, x.extent(1), x.extent(1) + width - 1).permute(0, 2, 1);
        return List.of(silu ? y.unary(UnaryFunction.SILU) : y, next);
    }
}
