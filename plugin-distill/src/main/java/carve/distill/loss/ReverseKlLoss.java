package carve.distill.loss;

import carve.api.loss.RowLoss;
import carve.api.op.KlDivergence;
import carve.api.tensor.Tensor;

/**
 * The divergence of the teacher's distribution from the student's, {@code T^2 KL(student || teacher)} with logits divided by
 * the temperature T: it makes the student keep to what the teacher finds likely, rather than cover all of it.
 *
 * @param site the site, {@code (B, T, V)} values that a softmax is taken of
 * @param weight the factor before it
 * @param temperature T, positive
 * @param reducer mask and reduction
 */
record ReverseKlLoss(String site, double weight, double temperature, Reducer reducer) implements RowLoss {
    @Override
    public boolean needsTeacher() {
        return true;
    }

    @Override
    public Tensor rows(Tensor student, Tensor teacher, Tensor targets) {
        return KlDivergence.apply(teacher, student, temperature);
    }

    @Override
    public Tensor reduce(Tensor values, Tensor targets, Tensor mask) {
        Tensor reduced = reducer.reduce(values, targets, mask);
        return temperature == 1 ? reduced : reduced.multiply(temperature * temperature);
    }
}
