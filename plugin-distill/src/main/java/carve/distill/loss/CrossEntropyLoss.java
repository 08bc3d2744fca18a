package carve.distill.loss;

import carve.api.loss.PerTokenLoss;
import carve.api.model.Site;
import carve.api.op.CrossEntropy;
import carve.api.tensor.Tensor;

/**
 * The cross-entropy of the student's logits and the token that follows, at positions whose next token is an answer.
 *
 * @param weight the factor in the sum of losses
 * @param reduction mask, always that of answers, and reduction
 */
record CrossEntropyLoss(double weight, MaskedReduction reduction) implements PerTokenLoss {
    @Override
    public Site site() {
        return Site.LOGITS;
    }

    @Override
    public boolean needsTeacher() {
        return false;
    }

    @Override
    public Tensor tokenLosses(Tensor student, Tensor teacher, Tensor targets) {
        return CrossEntropy.apply(student, targets);
    }

    @Override
    public Tensor reduce(Tensor values, Tensor targets, Tensor mask) {
        return reduction.reduce(values, targets, mask);
    }
}
