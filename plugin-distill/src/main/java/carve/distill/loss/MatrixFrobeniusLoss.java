package carve.distill.loss;

import carve.api.loss.Loss;
import carve.api.loss.LossInputs;
import carve.api.model.Site;
import carve.api.tensor.Op.UnaryFunction;
import carve.api.tensor.Tensor;

/**
 * The mean over rows and heads of the Frobenius norm, not squared, of the difference between the student's transfer matrix and
 * the teacher's attention weights: {@code mean_(b,h) ||M_S[b,h] - A_T[b,h]||_F} (MOHAWK, arXiv:2408.10189, section 3.1). Positions
 * that do not count are left out of the norms, as rows of matrices.
 *
 * @param site the matrices, {@code (B, H, T, T)}
 * @param weight the factor in the sum of losses
 * @param lossMask which positions count
 */
record MatrixFrobeniusLoss(Site site, double weight, LossMask lossMask) implements Loss {
    /** Under the root, so that equals have the gradient 0; far below what F32 tells from any difference that matters. */
    private static final double EPSILON = 1e-24;

    @Override
    public boolean needsTeacher() {
        return true;
    }

    @Override
    public Tensor compute(LossInputs lossInputs) {
        Tensor counts = lossMask.of(lossInputs.targets(), lossInputs.mask());
        Tensor difference = lossInputs
                .student()
                .subtract(lossInputs.teacher())
                .multiply(counts.reshape(counts.extent(0), 1, counts.extent(1), 1));
        Tensor squares = difference
                .multiply(difference)
                .reshape(difference.extent(0), difference.extent(1), -1)
                .sum(2);
        return squares.add(EPSILON).unary(UnaryFunction.SQRT).mean();
    }
}
