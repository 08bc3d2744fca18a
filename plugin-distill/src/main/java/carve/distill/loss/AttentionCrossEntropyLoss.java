package carve.distill.loss;

import carve.api.loss.Loss;
import carve.api.loss.LossInputs;
import carve.api.model.Site;
import carve.api.tensor.Op.BinaryFunction;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;

/**
 * The cross-entropy of the rows of the student's transfer matrix and the teacher's attention weights, {@code -sum_s A_T[t,s] log
 * A_S[t,s]} at position t, the mean over heads (LoLCATs, arXiv:2410.10254, whose code this follows). It is not zero where both are
 * equal, but the entropy of the weights, and smallest there.
 *
 * <p>The student's weights are raised to 1e-12 at least, and divided by the sum of their row, as a cross-entropy of distributions
 * needs: of weights that are not negative and sum to 1 that changes nothing. Negative elements, which Mamba-2 can have, count as
 * nearly zero and have no gradient; {@code matrix-frobenius} takes any.
 *
 * @param site the matrices, {@code (B, H, T, T)}
 * @param weight the factor in the sum of losses
 * @param reduction mask and reduction
 */
record AttentionCrossEntropyLoss(Site site, double weight, MaskedReduction reduction) implements Loss {
    private static final double LEAST = 1e-12;

    @Override
    public boolean needsTeacher() {
        return true;
    }

    @Override
    public Tensor compute(LossInputs lossInputs) {
        Tensor student = lossInputs.student();
        Tensor weights = student.binary(BinaryFunction.MAXIMUM, Tensors.scalar(student.device(), LEAST));
        Tensor logs = weights.log().subtract(weights.sum(3).log());
        Tensor entropies = lossInputs.teacher().multiply(logs).sum(3).negate(); // (B, H, T, 1)
        return reduction.reduce(entropies.mean(1).reshape(lossInputs.mask().shape()), lossInputs);
    }
}
