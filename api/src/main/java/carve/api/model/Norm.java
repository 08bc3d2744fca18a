package carve.api.model;

import carve.api.op.LayerNorm;
import carve.api.op.RmsNorm;
import carve.api.param.Init;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import java.util.List;

/**
 * A norm over the last axis, with parameters {@code weight} and, for layer norms, {@code bias}.
 *
 * @param kind which norm
 * @param width D
 * @param epsilon added to the mean square or the variance
 */
public record Norm(Kind kind, int width, double epsilon) {
    /** The kinds of norms. */
    public enum Kind {
        /** Root mean square, {@link RmsNorm}. */
        RMS,
        /** Mean and variance, {@link LayerNorm}. */
        LAYER
    }

    /** Returns the parameters. */
    public List<ParamSpec> parameters() {
        ParamSpec weight = new ParamSpec("weight", Shape.of(width), Init.ONES);
        return switch (kind) {
            case RMS -> List.of(weight);
            case LAYER -> List.of(weight, new ParamSpec("bias", Shape.of(width), Init.ZEROS));
        };
    }

    /** Returns x {@code (..., D)} normalised. */
    public Tensor apply(Params p, Tensor x) {
        return switch (kind) {
            case RMS -> RmsNorm.apply(x, p.get("weight"), epsilon);
            case LAYER -> LayerNorm.apply(x, p.get("weight"), p.get("bias"), epsilon);
        };
    }
}
