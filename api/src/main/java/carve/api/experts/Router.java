package carve.api.experts;

import carve.api.op.Linear;
import carve.api.op.TopKRouting;
import carve.api.op.TopKRouting.Routes;
import carve.api.param.Init;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * The choice of experts by a linear layer of logits.
 *
 * <p>Parameters: {@code weight (E, D)}, {@code bias (E)} and {@code e_score_correction_bias (E)}, where it has them.
 *
 * @param hidden D
 * @param experts E, how many there are
 * @param routing how experts are chosen by their logits
 * @param bias whether the linear layer has a bias
 * @param correction whether scores are corrected for the choice
 */
public record Router(int hidden, int experts, TopKRouting routing, boolean bias, boolean correction) {
    /**
     * Checks that the experts are in as many equal groups, and as many, as are chosen.
     *
     * @throws IllegalArgumentException if they are not
     */
    public Router {
        int width = experts / routing.groups();
        boolean grouped = width * routing.groups() == experts
                && routing.scoresPerGroup() <= width
                && routing.experts() <= routing.chosenGroups() * width;
        if (hidden < 1 || !grouped) {
            throw new IllegalArgumentException(
                    "router: %d experts, hidden=%d, cannot be chosen from by %s".formatted(experts, hidden, routing));
        }
    }

    /** Makes a router without biases. */
    public Router(int hidden, int experts, TopKRouting routing) {
        this(hidden, experts, routing, false, false);
    }

    /** Returns the parameters. */
    public List<ParamSpec> parameters() {
        List<ParamSpec> specs = new ArrayList<>();
        specs.add(new ParamSpec("weight", Shape.of(experts, hidden), Init.fanIn(hidden)));
        if (bias) {
            specs.add(new ParamSpec("bias", Shape.of(experts), Init.ZEROS));
        }
        if (correction) {
            specs.add(new ParamSpec("e_score_correction_bias", Shape.of(experts), Init.ZEROS));
        }
        return List.copyOf(specs);
    }

    /** Returns the experts of rows x {@code (N, D)}, and their weights. */
    public Routes apply(Params p, Tensor x) {
        Tensor logits = bias ? Linear.apply(x, p.get("weight"), p.get("bias")) : Linear.apply(x, p.get("weight"));
        return correction
                ? routing.apply(logits, p.get("e_score_correction_bias").cast(DType.F32))
                : routing.apply(logits);
    }
}
