package carve.distill.loss;

import carve.api.loss.PerTokenLoss;
import carve.api.model.Site;
import carve.api.op.KlDivergence;
import carve.api.tensor.Tensor;

/**
 * The divergence of the teacher's distribution from the student's, {@code T^2 KL(student || teacher)} with logits divided by
 * the temperature T: it makes the student keep to what the teacher finds likely, rather than cover all of it.
 *
 * @param site the site, {@code (B, T, V)} values that a softmax is taken of
 * @param weight the factor in the sum of losses
 * @param temperature T, positive
 * @param reduction mask and reduction
 */
record ReverseKlLoss(Site site, double weight, double temperature, MaskedReduction reduction) implements PerTokenLoss {
    @Override
    public boolean needsTeacher() {
        return true;
    }

    @Override
    public Tensor tokenLosses(Tensor student, Tensor teacher, Tensor targets) {
        return KlDivergence.apply(teacher, student, temperature);
    }

    @Override
    public Tensor reduce(Tensor values, Tensor targets, Tensor mask) {
        Tensor reduced = reduction.reduce(values, targets, mask);
        return temperature == 1 ? reduced : reduced.multiply(temperature * temperature);
    }
}
