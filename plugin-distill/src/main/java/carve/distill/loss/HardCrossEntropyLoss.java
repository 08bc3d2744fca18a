package carve.distill.loss;

import carve.api.loss.Loss;
import carve.api.loss.Observations;
import carve.api.op.CrossEntropy;
import carve.api.tensor.Tensor;

/**
 * The cross-entropy of the student's logits and the token that the teacher finds likeliest. It is not zero where student and
 * teacher are equal, unless the teacher is certain.
 *
 * @param weight the factor before it
 * @param reducer mask and reduction
 */
record HardCrossEntropyLoss(double weight, Reducer reducer) implements Loss {
    @Override
    public String site() {
        return "logits";
    }

    @Override
    public boolean needsTeacher() {
        return true;
    }

    @Override
    public Tensor of(Observations observations) {
        Tensor student = observations.student();
        Tensor chosen = observations.teacher().detach().argMax(2).reshape(-1);
        Tensor values = CrossEntropy.apply(LossSettings.flat(student), chosen);
        return reducer.reduce(values.reshape(student.extent(0), student.extent(1)), observations);
    }
}
