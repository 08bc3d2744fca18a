package carve.api.model;

import carve.api.mixer.Projection;
import carve.api.op.SwiGlu;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.Tensor;
import java.util.List;
import java.util.stream.Stream;

/**
 * The dense feed-forward part: {@code down(f(up x))} or, gated, {@code down(f(gate x) * up x)} (Shazeer 2020, arXiv:2002.05202).
 *
 * <p>Parameters: {@code gate.weight} and {@code up.weight (I, D)}, {@code down.weight (D, I)}, and their {@code .bias} where it has
 * them; the plain form has no gate.
 *
 * @param activation f
 * @param gated whether it has a gate
 * @param hidden D
 * @param intermediate I
 * @param bias whether linear layers have biases
 */
public record Mlp(Activation activation, boolean gated, int hidden, int intermediate, boolean bias)
        implements FeedForward {
    /** Checks that extents are positive. */
    public Mlp {
        if (hidden < 1 || intermediate < 1) {
            throw new IllegalArgumentException("feed-forward: extents must be positive; hidden=%d, intermediate=%d"
                    .formatted(hidden, intermediate));
        }
    }

    /** Returns the gated form with SiLU and without biases, as in Llama. */
    public static Mlp swiGlu(int hidden, int intermediate) {
        return new Mlp(Activation.SILU, true, hidden, intermediate, false);
    }

    private Projection gate() {
        return new Projection("gate", intermediate, hidden, bias);
    }

    private Projection up() {
        return new Projection("up", intermediate, hidden, bias);
    }

    private Projection down() {
        return new Projection("down", hidden, intermediate, bias);
    }

    @Override
    public List<ParamSpec> parameters() {
        return Stream.of(gate(), up(), down())
                .filter(part -> gated || !part.name().equals("gate"))
                .flatMap(part -> part.parameters().stream())
                .toList();
    }

    @Override
    public Tensor apply(Params p, Tensor x) {
        Tensor up = up().apply(p, x);
        return down().apply(p, gated ? gated(gate().apply(p, x), up) : activation.apply(up));
    }

    private Tensor gated(Tensor gate, Tensor up) {
        return activation == Activation.SILU
                ? SwiGlu.apply(gate, up)
                : activation.apply(gate).multiply(up);
    }
}
