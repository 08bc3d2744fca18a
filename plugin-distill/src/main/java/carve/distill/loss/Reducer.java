package carve.distill.loss;

import carve.api.loss.Observations;
import carve.api.loss.Reduction;
import carve.api.tensor.Op.BinaryFunction;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;

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
        if (isPlainMean()) {
            return values.mean();
        }
        Tensor counts = mask.of(observations);
        Tensor sum = mask == Mask.ALL ? values.sum() : values.multiply(counts).sum();
        return switch (reduction) {
            case TOKENS -> sum.divide(atLeastOne(counts.sum()));
            case BATCH -> sum.multiply(1.0 / values.extent(0));
            case SUM, ELEMENTS -> sum;
        };
    }

    // a batch without any position that counts has the loss 0
    private static Tensor atLeastOne(Tensor count) {
        return count.binary(BinaryFunction.MAXIMUM, Tensors.scalar(count.device(), 1));
    }
}
