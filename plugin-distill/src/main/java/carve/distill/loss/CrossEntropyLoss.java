package carve.distill.loss;

import carve.api.loss.Loss;
import carve.api.loss.Observations;
import carve.api.op.CrossEntropy;
import carve.api.tensor.Tensor;

/**
 * The cross-entropy of the student's logits and the token that follows, at positions whose next token is an answer.
 *
 * @param weight the factor before it
 * @param reducer mask, always that of answers, and reduction
 */
record CrossEntropyLoss(double weight, Reducer reducer) implements Loss {
    @Override
    public String site() {
        return "logits";
    }

    @Override
    public boolean needsTeacher() {
        return false;
    }

    @Override
    public Tensor of(Observations observations) {
        Tensor logits = observations.student();
        Tensor values = CrossEntropy.apply(
                logits.reshape(-1, logits.extent(-1)), observations.targets().reshape(-1));
        return reducer.reduce(values.reshape(observations.targets().shape()), observations);
    }
}
