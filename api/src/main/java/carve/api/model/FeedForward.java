package carve.api.model;

import carve.api.op.Gelu;
import carve.api.op.Linear;
import carve.api.op.SwiGlu;
import carve.api.param.Init;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * The part of a block that works on each position alone: {@code down(silu(gate x) * up x)}, or {@code down(gelu(up x))}.
 *
 * @param kind which form
 * @param hidden D
 * @param intermediate the width between
 * @param bias whether linear layers have biases
 */
public record FeedForward(Kind kind, int hidden, int intermediate, boolean bias) {
    /** The forms. */
    public enum Kind {
        /** Gated with SiLU; parameters {@code gate}, {@code up} and {@code down}. */
        SWIGLU,
        /** GELU in its tanh form; parameters {@code up} and {@code down}. */
        GELU_TANH,
        /** GELU in its exact form; parameters {@code up} and {@code down}. */
        GELU,
        /** No feed-forward part: the block is a mixer alone. */
        NONE
    }

    /** Returns the part of blocks that have none. */
    public static FeedForward none(int hidden) {
        return new FeedForward(Kind.NONE, hidden, hidden, false);
    }

    /** Returns whether there is such a part at all. */
    public boolean exists() {
        return kind != Kind.NONE;
    }

    /** Returns the parameters. */
    public List<ParamSpec> parameters() {
        if (!exists()) {
            return List.of();
        }
        List<ParamSpec> specs = new ArrayList<>();
        if (kind == Kind.SWIGLU) {
            linear(specs, "gate", intermediate, hidden);
        }
        linear(specs, "up", intermediate, hidden);
        linear(specs, "down", hidden, intermediate);
        return List.copyOf(specs);
    }

    private void linear(List<ParamSpec> specs, String name, int outputs, int inputs) {
        specs.add(new ParamSpec(name + ".weight", Shape.of(outputs, inputs), Init.fanIn(inputs)));
        if (bias) {
            specs.add(new ParamSpec(name + ".bias", Shape.of(outputs), Init.ZEROS));
        }
    }

    /**
     * Returns the result {@code (..., D)} for x {@code (..., D)}.
     *
     * @throws IllegalStateException if there is no such part
     */
    public Tensor apply(Params p, Tensor x) {
        if (!exists()) {
            throw new IllegalStateException("this block has no feed-forward part");
        }
        Tensor up = linear(p.under("up"), x);
        Tensor inside = switch (kind) {
            case SWIGLU -> SwiGlu.apply(linear(p.under("gate"), x), up);
            case GELU_TANH -> geluTanh(up);
            case GELU -> gelu(up);
            case NONE -> up;
        };
        return linear(p.under("down"), inside);
    }

    private Tensor linear(Params p, Tensor x) {
        return bias ? Linear.apply(x, p.get("weight"), p.get("bias")) : Linear.apply(x, p.get("weight"));
    }

    /** Returns {@code x/2 (1 + erf(x / sqrt 2))} (Hendrycks and Gimpel 2016, arXiv:1606.08415). */
    public static Tensor gelu(Tensor x) {
        return new Gelu(false).of(x);
    }

    /** Returns {@code x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))}, what others call gelu_new or gelu_pytorch_tanh. */
    public static Tensor geluTanh(Tensor x) {
        return new Gelu(true).of(x);
    }
}
