package carve.distill.loss;

import carve.api.loss.PerTokenLoss;
import carve.api.model.Site;
import carve.api.op.CrossEntropy;
import carve.api.tensor.Tensor;

/**
 * The cross-entropy of the student's logits and the teacher's most probable token. It is not zero where student and
 * teacher are equal, unless the teacher is certain.
 *
 * @param weight the factor in the sum of losses
 * @param reduction mask and reduction
 */
record HardCrossEntropyLoss(double weight, MaskedReduction reduction) implements PerTokenLoss {
    @Override
    public Site site() {
        return Site.LOGITS;
    }

    @Override
    public boolean needsTeacher() {
        return true;
    }

    @Override
    public Tensor tokenLosses(Tensor student, Tensor teacher, Tensor targets) {
        return CrossEntropy.apply(student, teacher.detach().argMax(1).reshape(-1));
    }

    @Override
    public Tensor reduce(Tensor values, Tensor targets, Tensor mask) {
        return reduction.reduce(values, targets, mask);
    }
}
