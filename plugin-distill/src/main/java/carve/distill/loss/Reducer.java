package carve.distill.loss;

import carve.api.loss.Observations;
import carve.api.loss.Reduction;
import carve.api.tensor.Tensor;

/**
 * How the values of positions become one number.
 *
 * @param mask which positions count
 * @param reduction what is made of their values
 */
record Reducer(Mask mask, Reduction reduction) {
    /** Returns whether every element has the same share, so that positions need not be told apart. */
    boolean isPlainMean() {
        return reduction == Reduction.ELEMENTS;
    }

    /** Returns the scalar for values {@code (B, T)} of positions. */
    Tensor reduce(Tensor values, Observations observations) {
        return reduce(values, observations.targets(), observations.mask());
    }

    /** Returns the scalar for values {@code (B, T)} of positions with targets {@code (B, T)} and a mask {@code (B, T)}. */
    Tensor reduce(Tensor values, Tensor targets, Tensor present) {
        return reduction.of(values, mask.of(targets, present));
    }
}
