package carve.distill.loss;

import carve.api.loss.LossInputs;
import carve.api.loss.Reduction;
import carve.api.tensor.Tensor;

/**
 * The combination of the values of positions into one number.
 *
 * @param lossMask which positions count
 * @param reduction how their values are combined
 */
record MaskedReduction(LossMask lossMask, Reduction reduction) {
    /** Returns whether every element has the same share, so that positions need not be told apart. */
    boolean isElementMean() {
        return reduction == Reduction.MEAN;
    }

    /** Returns the scalar for values {@code (B, T)} of positions. */
    Tensor reduce(Tensor values, LossInputs lossInputs) {
        return reduce(values, lossInputs.targets(), lossInputs.mask());
    }

    /** Returns the scalar for values {@code (B, T)} of positions with targets {@code (B, T)} and a mask {@code (B, T)}. */
    Tensor reduce(Tensor values, Tensor targets, Tensor present) {
        return reduction.reduce(values, lossMask.of(targets, present));
    }
}
