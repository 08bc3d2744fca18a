package carve.distill.loss;

import carve.api.loss.Loss;
import carve.api.loss.LossInputs;
import carve.api.model.Site;
import carve.api.tensor.Op.UnaryFunction;
import carve.api.tensor.Tensor;

/**
 * The root of the reduced squares of the difference between student and teacher at a site. The value of a position is the sum
 * over its elements, before the root is taken of what the reduction makes of all positions.
 *
 * <p>With {@code mask = all} and {@code reduction = sum} it is the Frobenius norm of the whole difference, not squared and not
 * averaged, as MaTVLM (arXiv:2503.13440) has it for layers and, as {@code l2}, for logits. With {@code reduction = token-mean} it
 * does not grow with the number of positions.
 *
 * @param site the site
 * @param weight the factor in the sum of losses
 * @param reduction mask and reduction
 */
record FrobeniusLoss(Site site, double weight, MaskedReduction reduction) implements Loss {
    /** Under the root, so that equals have the gradient 0; far below what F32 tells from any difference that matters. */
    private static final double EPSILON = 1e-24;

    @Override
    public boolean needsTeacher() {
        return true;
    }

    @Override
    public Tensor compute(LossInputs lossInputs) {
        Tensor difference = lossInputs.student().subtract(lossInputs.teacher());
        Tensor square = difference.multiply(difference);
        int rows = square.extent(0);
        int positions = square.extent(1);
        Tensor reduced = reduction.isElementMean()
                ? square.mean()
                : reduction.reduce(square.reshape(rows, positions, -1).sum(2).reshape(rows, positions), lossInputs);
        return reduced.add(EPSILON).unary(UnaryFunction.SQRT);
    }
}
