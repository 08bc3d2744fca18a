package carve.api.experts;

import carve.api.op.GroupedLinear;
import carve.api.op.TopKRouting.Routes;
import carve.api.param.Init;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import java.util.List;
import java.util.stream.Stream;

/**
 * The experts of one layer: {@code down(unit(gate x, up x))}, each with weights of its own.
 *
 * <p>Parameters: {@code gate.weight} and {@code up.weight (E, I, D)}, {@code down.weight (E, D, I)}, and their {@code .bias (E, I)}
 * or {@code (E, D)} where they have some.
 *
 * @param count E
 * @param hidden D
 * @param intermediate I, the width of each expert
 * @param unit what is made of gate and value
 * @param bias whether linear layers have biases
 */
public record Experts(int count, int hidden, int intermediate, GatedUnit unit, boolean bias) {
    /**
     * Checks that extents are positive.
     *
     * @throws IllegalArgumentException if one is not
     */
    public Experts {
        if (count < 1 || hidden < 1 || intermediate < 1) {
            throw new IllegalArgumentException(
                    "experts: extents must be positive; experts=%d, hidden=%d, intermediate=%d"
                            .formatted(count, hidden, intermediate));
        }
    }

    /** Returns the parameters. */
    public List<ParamSpec> parameters() {
        return Stream.of(
                        layer("gate", intermediate, hidden),
                        layer("up", intermediate, hidden),
                        layer("down", hidden, intermediate))
                .flatMap(List::stream)
                .toList();
    }

    private List<ParamSpec> layer(String name, int outputs, int inputs) {
        ParamSpec weight = new ParamSpec(name + ".weight", Shape.of(count, outputs, inputs), Init.fanIn(inputs));
        return bias
                ? List.of(weight, new ParamSpec(name + ".bias", Shape.of(count, outputs), Init.ZEROS))
                : List.of(weight);
    }

    /** Returns the weighted sum {@code (N, D)} of the chosen experts of rows x {@code (N, D)}. */
    public Tensor apply(Params p, Tensor x, Routes routes) {
        Tensor gate = product(p.under("gate"), x, routes.experts());
        Tensor up = product(p.under("up"), x, routes.experts());
        int products = Math.toIntExact(routes.experts().shape().size());
        Tensor inside = unit.apply(gate, up).reshape(products, intermediate);
        Tensor y = product(p.under("down"), inside, routes.experts().reshape(products, 1));
        Tensor weights = routes.weights().reshape(x.extent(0), routes.experts().extent(1), 1);
        return y.reshape(x.extent(0), routes.experts().extent(1), hidden)
                .multiply(weights)
                .sum(1)
                .reshape(x.shape());
    }

    private Tensor product(Params p, Tensor x, Tensor experts) {
        return bias
                ? GroupedLinear.apply(x, experts, p.get("weight"), p.get("bias"))
                : GroupedLinear.apply(x, experts, p.get("weight"));
    }
}
