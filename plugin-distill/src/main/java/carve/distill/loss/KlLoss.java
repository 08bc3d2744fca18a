package carve.distill.loss;

import carve.api.loss.Loss;
import carve.api.loss.Observations;
import carve.api.op.KlDivergence;
import carve.api.tensor.Tensor;

/**
 * The divergence of the student's distribution from the teacher's, {@code T^2 KL(teacher || student)} with logits divided
 * by the temperature T (Hinton, Vinyals and Dean 2015, arXiv:1503.02531, section 2).
 *
 * <p>With {@code mask = all} and {@code reduction = batch} it is mmMamba's {@code EndtoEnd}, whose {@code batchmean} sums
 * over positions and vocabulary and divides by rows: thousands are normal for long samples.
 *
 * @param site the site, {@code (B, T, V)} values that a softmax is taken of
 * @param weight the factor before it; alpha in mmMamba
 * @param temperature T, positive
 * @param reducer mask and reduction
 */
record KlLoss(String site, double weight, double temperature, Reducer reducer) implements Loss {
    @Override
    public boolean needsTeacher() {
        return true;
    }

    @Override
    public Tensor of(Observations observations) {
        Tensor student = observations.student();
        int rows = student.extent(0);
        int positions = student.extent(1);
        Tensor values = KlDivergence.apply(
                        LossSettings.flat(student), LossSettings.flat(observations.teacher()), temperature)
                .reshape(rows, positions);
        Tensor reduced = reducer.reduce(values, observations);
        return temperature == 1 ? reduced : reduced.multiply(temperature * temperature);
    }
}
