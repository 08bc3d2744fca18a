package carve.api.mixer;

import carve.api.op.Linear;
import carve.api.param.Init;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import java.util.List;

/**
 * A linear layer of a mixer, parameters {@code NAME.weight (outputs, inputs)} and, if it has one, {@code NAME.bias}.
 *
 * @param name its name
 * @param outputs the width of what it gives
 * @param inputs the width of what it takes
 * @param bias whether it has a bias
 */
public record Projection(String name, int outputs, int inputs, boolean bias) {
    /** Returns its parameters with the init of PyTorch's linear layers. */
    public List<ParamSpec> parameters() {
        return parameters(Init.fanIn(inputs));
    }

    /** Returns its parameters with another init of the weight. */
    public List<ParamSpec> parameters(Init init) {
        ParamSpec weight = new ParamSpec(name + ".weight", Shape.of(outputs, inputs), init);
        return bias ? List.of(weight, new ParamSpec(name + ".bias", Shape.of(outputs), Init.ZEROS)) : List.of(weight);
    }

    /** Returns the result {@code (..., outputs)} for x {@code (..., inputs)}. */
    public Tensor apply(Params p, Tensor x) {
        Tensor weight = p.get(name + ".weight");
        return bias ? Linear.apply(x, weight, p.get(name + ".bias")) : Linear.apply(x, weight);
    }
}
