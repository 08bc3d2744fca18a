package carve.api.experts;

import carve.api.mixer.Projection;
import carve.api.model.FeedForward;
import carve.api.op.TopKRouting.Routes;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.Op.UnaryFunction;
import carve.api.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * The weighted sum of a few experts, which a router chooses for each position, plus a part that all positions use (Shazeer et
 * al. 2017, arXiv:1701.06538; the shared part: Dai et al. 2024, arXiv:2401.06066).
 *
 * <p>Parameters: {@code router.*}, {@code experts.*}, {@code shared.*} and {@code shared_gate.weight (1, D)}, where it has them.
 * Gradients reach the weights of chosen experts and, by the weights of the sum, the router.
 *
 * @param router the choice of experts
 * @param experts the experts
 * @param shared the part that all positions use; {@link FeedForward#NONE} for none
 * @param sharedGate whether the shared part is multiplied by the sigmoid of a linear layer of x, as in Qwen2-MoE
 */
public record MixtureOfExperts(Router router, Experts experts, FeedForward shared, boolean sharedGate)
        implements FeedForward {
    /**
     * Checks that router and experts go together.
     *
     * @throws IllegalArgumentException if they differ in width or number, or there is a gate of a shared part and no such part
     */
    public MixtureOfExperts {
        if (router.experts() != experts.count() || router.hidden() != experts.hidden()) {
            throw new IllegalArgumentException(
                    "mixture of experts: the router has %d experts of width %d, there are %d of %d"
                            .formatted(router.experts(), router.hidden(), experts.count(), experts.hidden()));
        }
        if (sharedGate && !shared.exists()) {
            throw new IllegalArgumentException("mixture of experts: a gate of a shared part, but no shared part");
        }
    }

    /** Makes a mixture without a shared part. */
    public MixtureOfExperts(Router router, Experts experts) {
        this(router, experts, NONE, false);
    }

    private Projection gate() {
        return new Projection("shared_gate", 1, experts.hidden(), false);
    }

    @Override
    public List<ParamSpec> parameters() {
        List<ParamSpec> specs = new ArrayList<>();
        router.parameters().forEach(spec -> specs.add(spec.under("router")));
        experts.parameters().forEach(spec -> specs.add(spec.under("experts")));
        shared.parameters().forEach(spec -> specs.add(spec.under("shared")));
        if (sharedGate) {
            specs.addAll(gate().parameters());
        }
        return List.copyOf(specs);
    }

    @Override
    public double usedShare(String parameter) {
        return parameter.startsWith("experts.") ? (double) router.routing().experts() / router.experts() : 1;
    }

    @Override
    public Tensor apply(Params p, Tensor x) {
        Tensor rows = x.reshape(-1, experts.hidden());
        Routes routes = router.apply(p.under("router"), rows);
        Tensor y = experts.apply(p.under("experts"), rows, routes).reshape(x.shape());
        return shared.exists() ? y.add(shared(p, x)) : y;
    }

    private Tensor shared(Params p, Tensor x) {
        Tensor y = shared.apply(p.under("shared"), x);
        return sharedGate ? y.multiply(gate().apply(p, x).unary(UnaryFunction.SIGMOID)) : y;
    }
}
