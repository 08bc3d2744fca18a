package carve.distill.loss;

import carve.api.tensor.DType;
import carve.api.tensor.Op;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;

/** The positions that count. */
public enum LossMask {
    /** All, padding included. */
    ALL,
    /** Those that are not padding. */
    NON_PADDING,
    /** Those whose next token is an answer. */
    ANSWERS;

    /** Returns {@code (B, T)} F32, 1, or the weight of the sample, for positions that count and 0 for others. */
    Tensor of(Tensor targets, Tensor present) {
        return switch (this) {
            case ALL -> Tensors.ones(present.device(), present.shape());
            case NON_PADDING -> present;
            case ANSWERS -> answers(targets).multiply(present);
        };
    }

    private static Tensor answers(Tensor targets) {
        Tensor zero = Tensors.of(targets.device(), Shape.of(), 0);
        return Tensors.apply(new Op.Compare(Op.Comparison.LESS_OR_EQUAL), zero, targets)
                .cast(DType.F32);
    }
}
