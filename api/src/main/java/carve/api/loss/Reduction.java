package carve.api.loss;

import carve.api.tensor.Op.BinaryFunction;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;

/** How the values of positions become one number. */
public enum Reduction {
    /** The mean over the positions that count. */
    TOKENS,
    /** The sum over the positions that count, divided by the number of rows. */
    BATCH,
    /** The sum over the positions that count. */
    SUM,
    /** The mean over all elements, padding included. */
    ELEMENTS;

    /**
     * Returns the scalar that this makes of values of positions.
     *
     * @param values {@code (B, T)}
     * @param counts {@code (B, T)} F32, 1 for positions that count and 0 for others
     */
    public Tensor reduce(Tensor values, Tensor counts) {
        return switch (this) {
            case TOKENS -> sum(values, counts).divide(atLeastOne(counts.sum()));
            case BATCH -> sum(values, counts).multiply(1.0 / values.extent(0));
            case SUM -> sum(values, counts);
            case ELEMENTS -> values.mean();
        };
    }

    private static Tensor sum(Tensor values, Tensor counts) {
        return values.multiply(counts).sum();
    }

    // a batch without any position that counts has the loss 0
    private static Tensor atLeastOne(Tensor count) {
        return count.binary(BinaryFunction.MAXIMUM, Tensors.scalar(count.device(), 1));
    }
}
