package carve.api.model;

import carve.api.op.Gelu;
import carve.api.tensor.Op.BinaryFunction;
import carve.api.tensor.Op.UnaryFunction;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;

/** The activation functions of feed-forward parts, by the names that {@code hidden_act} has in the Transformers library. */
public enum Activation {
    /** {@code x sigmoid(x)}: silu, swish. */
    SILU {
        @Override
        public Tensor apply(Tensor x) {
            return x.unary(UnaryFunction.SILU);
        }
    },
    /** {@code x/2 (1 + erf(x / sqrt 2))} (Hendrycks and Gimpel 2016, arXiv:1606.08415): gelu. */
    GELU {
        @Override
        public Tensor apply(Tensor x) {
            return new Gelu(false).of(x);
        }
    },
    /** {@code x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))}: gelu_new, gelu_fast, gelu_pytorch_tanh. */
    GELU_TANH {
        @Override
        public Tensor apply(Tensor x) {
            return new Gelu(true).of(x);
        }
    },
    /** {@code x sigmoid(1.702 x)}: quick_gelu. */
    QUICK_GELU {
        @Override
        public Tensor apply(Tensor x) {
            return x.multiply(x.multiply(1.702).unary(UnaryFunction.SIGMOID));
        }
    },
    /** {@code max(x, 0)}: relu. */
    RELU {
        @Override
        public Tensor apply(Tensor x) {
            return x.binary(BinaryFunction.MAXIMUM, Tensors.scalar(x.device(), 0));
        }
    },
    /** {@code max(x, 0)^2} (So et al. 2021, arXiv:2109.08668): relu2. */
    SQUARED_RELU {
        @Override
        public Tensor apply(Tensor x) {
            Tensor positive = RELU.apply(x);
            return positive.multiply(positive);
        }
    };

    /** Returns the function of each element of x. */
    public abstract Tensor apply(Tensor x);
}
