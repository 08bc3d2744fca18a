package carve.api.loss;

import carve.api.tensor.Op.BinaryFunction;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;

/** The combination of the values of positions into one number. */
public enum Reduction {
    /** The mean over the positions that count, weighted if they have weights, {@code token-mean}. */
    TOKEN_MEAN,
    /** The sum over the positions that count, divided by the number of rows, {@code batch-mean}; PyTorch's {@code batchmean}. */
    BATCH_MEAN,
    /** The sum over the positions that count. */
    SUM,
    /** The mean over all elements, padding included; PyTorch's default. */
    MEAN;

    private static final double LEAST = 1e-6;

    /**
     * Returns the values of positions as a scalar.
     *
     * @param values {@code (B, T)}
     * @param counts {@code (B, T)} F32, the weights of positions: 1 for those that count and 0 for others
     */
    public Tensor reduce(Tensor values, Tensor counts) {
        return switch (this) {
            case TOKEN_MEAN -> sum(values, counts).divide(aboveZero(counts.sum()));
            case BATCH_MEAN -> sum(values, counts).multiply(1.0 / values.extent(0));
            case SUM -> sum(values, counts);
            case MEAN -> values.mean();
        };
    }

    private static Tensor sum(Tensor values, Tensor counts) {
        return values.multiply(counts).sum();
    }

    // a batch without any position that counts has the loss 0
    private static Tensor aboveZero(Tensor count) {
        return count.binary(BinaryFunction.MAXIMUM, Tensors.scalar(count.device(), LEAST));
    }
}
