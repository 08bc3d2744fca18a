package carve.distill.loss;

import carve.api.loss.Loss;
import carve.api.loss.LossInputs;
import carve.api.model.Site;
import carve.api.tensor.Tensor;

/**
 * The mean square of the difference between student and teacher at a site. The value of a position is the mean over its
 * elements; with the reduction {@code mean} the loss is PyTorch's {@code mse_loss}, as in mmMamba's stages 1 and 2.
 *
 * @param site the site
 * @param weight the factor in the sum of losses
 * @param reduction mask and reduction
 */
record MeanSquaredErrorLoss(Site site, double weight, MaskedReduction reduction) implements Loss {
    @Override
    public boolean needsTeacher() {
        return true;
    }

    @Override
    public Tensor compute(LossInputs lossInputs) {
        Tensor difference = lossInputs.student().subtract(lossInputs.teacher());
        Tensor square = difference.multiply(difference);
        if (reduction.isElementMean()) {
            return square.mean();
        }
        int rows = square.extent(0);
        int positions = square.extent(1);
        Tensor values = square.reshape(rows, positions, -1).mean(2).reshape(rows, positions);
        return reduction.reduce(values, lossInputs);
    }
}
