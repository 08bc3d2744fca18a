package carve.api.model;

import carve.api.op.LayerNorm;
import carve.api.op.RmsNorm;
import carve.api.param.Init;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.List;

/**
 * A norm over the last axis, with parameters {@code weight (D)} and {@code bias (D)} as the kind has them.
 *
 * @param kind which norm
 * @param width D
 * @param epsilon added to the mean square or the variance
 * @param offset what is added to the weight: 1 where a checkpoint holds the weight minus 1, as in Gemma and Nemotron
 */
public record Norm(Kind kind, int width, double epsilon, double offset) {
    /** The norm that gives its input as it is and has no parameters. */
    public static final Norm NONE = new Norm(Kind.NONE, 1, 0, 0);

    /** The kinds of norms. */
    public enum Kind {
        /** Root mean square, {@link RmsNorm}. */
        RMS,
        /** Mean and variance, {@link LayerNorm}, with a bias. */
        LAYER,
        /** Mean and variance, {@link LayerNorm}, without a bias. */
        LAYER_WITHOUT_BIAS,
        /** No norm. */
        NONE
    }

    /** Makes a norm whose weight is as it is in the checkpoint. */
    public Norm(Kind kind, int width, double epsilon) {
        this(kind, width, epsilon, 0);
    }

    /** Returns whether there is a norm. */
    public boolean exists() {
        return kind != Kind.NONE;
    }

    /** Returns the parameters. */
    public List<ParamSpec> parameters() {
        ParamSpec weight =
                new ParamSpec("weight", Shape.of(width), offset == 0 ? Init.ONES : Init.constant(1 - offset));
        return switch (kind) {
            case RMS, LAYER_WITHOUT_BIAS -> List.of(weight);
            case LAYER -> List.of(weight, new ParamSpec("bias", Shape.of(width), Init.ZEROS));
            case NONE -> List.of();
        };
    }

    /** Returns x {@code (..., D)} normalised. */
    public Tensor apply(Params p, Tensor x) {
        return switch (kind) {
            case RMS -> RmsNorm.apply(x, weight(p), epsilon);
            case LAYER -> LayerNorm.apply(x, weight(p), p.get("bias"), epsilon);
            case LAYER_WITHOUT_BIAS ->
                LayerNorm.apply(x, weight(p), Tensors.zeros(x.device(), Shape.of(width)), epsilon);
            case NONE -> x;
        };
    }

    private Tensor weight(Params p) {
        Tensor weight = p.get("weight");
        return offset == 0 ? weight : weight.add(offset);
    }
}
