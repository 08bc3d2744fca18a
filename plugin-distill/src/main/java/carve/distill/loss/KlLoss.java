package carve.distill.loss;

import carve.api.loss.PerTokenLoss;
import carve.api.model.Site;
import carve.api.op.KlDivergence;
import carve.api.tensor.Tensor;

/**
 * The divergence of the student's distribution from the teacher's, {@code T^2 KL(teacher || student)} with logits divided
 * by the temperature T (Hinton, Vinyals and Dean 2015, arXiv:1503.02531, section 2).
 *
 * <p>With {@code mask = all} and {@code reduction = batch-mean} it is mmMamba's {@code EndtoEnd}, whose {@code batchmean} sums
 * over positions and vocabulary and divides by rows: thousands are normal for long samples.
 *
 * @param site the site, {@code (B, T, V)} values that a softmax is taken of
 * @param weight the factor in the sum of losses; alpha in mmMamba
 * @param temperature T, positive
 * @param reduction mask and reduction
 */
record KlLoss(Site site, double weight, double temperature, MaskedReduction reduction) implements PerTokenLoss {
    @Override
    public boolean needsTeacher() {
        return true;
    }

    @Override
    public Tensor tokenLosses(Tensor student, Tensor teacher, Tensor targets) {
        return KlDivergence.apply(student, teacher, temperature);
    }

    @Override
    public Tensor reduce(Tensor values, Tensor targets, Tensor mask) {
        Tensor reduced = reduction.reduce(values, targets, mask);
        return temperature == 1 ? reduced : reduced.multiply(temperature * temperature);
    }
}
