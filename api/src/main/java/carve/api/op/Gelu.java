package carve.api.op;

import carve.api.tensor.FusedOp;
import carve.api.tensor.Op.UnaryFunction;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.util.List;

/**
 * The Gaussian error linear unit of each element (Hendrycks and Gimpel 2016, arXiv:1606.08415): {@code x/2 (1 + erf(x /
 * sqrt(2)))}, or {@code x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))}, what others call gelu_new or gelu_pytorch_tanh.
 *
 * @param tanhApproximation whether it is the second
 */
public record Gelu(boolean tanhApproximation) implements FusedOp {
    private static final double CUBIC = 0.044715;

    /** Returns the activation of each element. */
    public Tensor of(Tensor x) {
        return Tensors.apply(this, x).getFirst();
    }

    @Override
    public boolean isKernelOptional() {
        return true; // five primitives or fewer
    }

    @Override
    public String name() {
        return "gelu";
    }

    @Override
    public List<TensorType> results(List<TensorType> operands) {
        OperandChecks.count(name(), operands, 1, 1);
        return operands;
    }

    @Override
    public List<Tensor> reference(List<Tensor> operands) {
        Tensor x = operands.getFirst();
        Tensor side = tanhApproximation
                ? x.multiply(x)
                        .multiply(x)
                        .multiply(CUBIC)
                        .add(x)
                        .multiply(Math.sqrt(2 / Math.PI))
                        .unary(UnaryFunction.TANH)
                : x.multiply(Math.sqrt(0.5)).unary(UnaryFunction.ERF);
        return List.of(x.multiply(side.add(1)).multiply(0.5));
    }
}
