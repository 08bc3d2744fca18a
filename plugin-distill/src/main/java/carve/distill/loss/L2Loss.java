package carve.distill.loss;

import carve.api.loss.Loss;
import carve.api.loss.LossInputs;
import carve.api.model.Site;
import carve.api.tensor.Op.UnaryFunction;
import carve.api.tensor.Tensor;

/**
 * The L2 norm, not squared, of the difference between student and teacher at each position, over all elements that a position
 * has at the site. With the reduction {@code token-mean} it is the loss of MOHAWK (arXiv:2408.10189) for hidden states, and with
 * the scale {@code inverse-sqrt-width} that of RADLADS (arXiv:2505.03005) for the outputs of mixers.
 *
 * @param site the site
 * @param weight the factor in the sum of losses
 * @param scale the factor of the norms
 * @param reduction mask and reduction; {@code mean} is that of all positions, padding included
 */
record L2Loss(Site site, double weight, Scale scale, MaskedReduction reduction) implements Loss {
    /** Under the root, so that equals have the gradient 0; far below what F32 tells from any difference that matters. */
    private static final double EPSILON = 1e-24;

    /** The factor of the norm of a position. */
    enum Scale {
        /** 1. */
        NONE,
        /** One over the root of the number of elements. */
        INVERSE_SQRT_WIDTH;

        private double of(int width) {
            return this == NONE ? 1 : 1 / Math.sqrt(width);
        }
    }

    @Override
    public boolean needsTeacher() {
        return true;
    }

    @Override
    public Tensor compute(LossInputs lossInputs) {
        Tensor difference = lossInputs.student().subtract(lossInputs.teacher());
        int rows = difference.extent(0);
        int positions = difference.extent(1);
        Tensor square = difference.multiply(difference).reshape(rows, positions, -1);
        Tensor norms = square.sum(2).reshape(rows, positions).add(EPSILON).unary(UnaryFunction.SQRT);
        return reduction.reduce(norms.multiply(scale.of(square.extent(2))), lossInputs);
    }
}
