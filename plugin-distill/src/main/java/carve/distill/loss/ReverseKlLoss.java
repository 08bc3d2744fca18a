package carve.distill.loss;

import carve.api.loss.Loss;
import carve.api.loss.Observations;
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
record ReverseKlLoss(String site, double weight, double temperature, Reducer reducer) implements Loss {
    @Override
    public boolean needsTeacher() {
        return true;
    }

    @Override
    public Tensor of(Observations observations) {
        Tensor student = observations.student();
        Tensor values = KlDivergence.apply(
                        LossSettings.flat(observations.teacher()), LossSettings.flat(student), temperature)
                .reshape(student.extent(0), student.extent(1));
        Tensor reduced = reducer.reduce(values, observations);
        return temperature == 1 ? reduced : reduced.multiply(temperature * temperature);
    }
}
