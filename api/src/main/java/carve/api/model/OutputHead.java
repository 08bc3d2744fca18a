package carve.api.model;

import carve.api.op.Linear;
import carve.api.param.Init;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.Op.UnaryFunction;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * The output layer of a model, which makes logits: {@code c tanh(s (W x + b) / c)}, without a soft cap {@code s (W x + b)}.
 *
 * <p>Parameters: {@code output.weight (V, D)} and {@code output.bias (V)}; tied, {@code input.tokens.weight} is in the place of the
 * first.
 *
 * @param vocabulary V, the number of logits
 * @param bias whether there is b
 * @param tied whether W is the token table of the input
 * @param factor s
 * @param softCap c; 0 for none
 */
public record OutputHead(int vocabulary, boolean bias, boolean tied, double factor, double softCap) {
    private static final String BIAS = "output.bias";

    /** Makes an output layer whose logits are products as they are. */
    public OutputHead(int vocabulary, boolean bias, boolean tied) {
        this(vocabulary, bias, tied, 1, 0);
    }

    /** Checks ranges. */
    public OutputHead {
        if (vocabulary < 1 || softCap < 0) {
            throw new IllegalArgumentException("output: the vocabulary must be positive and the soft cap not negative;"
                    + " vocabulary=%d, soft-cap=%s".formatted(vocabulary, softCap));
        }
    }

    /** Returns the name of the parameter {@code (V, D)} that makes logits. */
    public String weight() {
        return tied ? "input.tokens.weight" : "output.weight";
    }

    /** Returns the names of the parameters that it reads. */
    public List<String> names() {
        return bias ? List.of(weight(), BIAS) : List.of(weight());
    }

    /** Returns the parameters that are its own. */
    List<ParamSpec> parameters(int hidden) {
        List<ParamSpec> specs = new ArrayList<>();
        if (!tied) {
            specs.add(new ParamSpec(weight(), Shape.of(vocabulary, hidden), Init.fanIn(hidden)));
        }
        if (bias) {
            specs.add(new ParamSpec(BIAS, Shape.of(vocabulary), Init.ZEROS));
        }
        return specs;
    }

    /** Returns the logits {@code (..., V)} for x {@code (..., D)}. */
    public Tensor apply(Params p, Tensor x) {
        Tensor products = bias ? Linear.apply(x, p.get(weight()), p.get(BIAS)) : Linear.apply(x, p.get(weight()));
        Tensor scaled = factor == 1 ? products : products.multiply(factor);
        return softCap == 0
                ? scaled
                : scaled.multiply(1 / softCap).unary(UnaryFunction.TANH).multiply(softCap);
    }
}
