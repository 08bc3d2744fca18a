package carve.distill.loss;

import carve.api.loss.Observations;
import carve.api.tensor.DType;
import carve.api.tensor.Op;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;

/** Which positions count. */
public enum Mask {
    /** All, padding included. */
    ALL,
    /** Those that are not padding. */
    PADDING,
    /** Those whose next token is an answer. */
    ANSWERS;

    /** Returns {@code (B, T)} F32, 1 for positions that count and 0 for others. */
    Tensor of(Observations observations) {
        return switch (this) {
            case ALL ->
                Tensors.ones(observations.mask().device(), observations.mask().shape());
            case PADDING -> observations.mask();
            case ANSWERS -> answers(observations.targets());
        };
    }

    private static Tensor answers(Tensor targets) {
        Tensor zero = Tensors.of(targets.device(), Shape.of(), 0);
        return Tensors.apply(new Op.Compare(Op.Comparison.LESS_OR_EQUAL), zero, targets)
                .cast(DType.F32);
    }
}
