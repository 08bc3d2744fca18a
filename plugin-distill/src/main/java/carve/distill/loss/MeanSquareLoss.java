package carve.distill.loss;

import carve.api.loss.Loss;
import carve.api.loss.Observations;
import carve.api.tensor.Tensor;

/**
 * The mean square of the difference between student and teacher at a site. The value of a position is the mean over its
 * elements; with the reduction {@code elements} the loss is PyTorch's {@code mse_loss}, as in mmMamba's stages 1 and 2.
 *
 * @param site the site
 * @param weight the factor before it
 * @param reducer mask and reduction
 */
record MeanSquareLoss(String site, double weight, Reducer reducer) implements Loss {
    @Override
    public boolean needsTeacher() {
        return true;
    }

    @Override
    public Tensor of(Observations observations) {
        Tensor difference = observations.student().subtract(observations.teacher());
        Tensor square = difference.multiply(difference);
        if (reducer.isPlainMean()) {
            return square.mean();
        }
        int rows = square.extent(0);
        int positions = square.extent(1);
        Tensor values = square.reshape(rows, positions, -1).mean(2).reshape(rows, positions);
        return reducer.reduce(values, observations);
    }
}
