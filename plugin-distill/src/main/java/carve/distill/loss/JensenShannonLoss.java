package carve.distill.loss;

import carve.api.loss.PerTokenLoss;
import carve.api.model.Site;
import carve.api.tensor.Op.BinaryFunction;
import carve.api.tensor.Tensor;

/**
 * A symmetric divergence of the student's distribution s and the teacher's t by their mean {@code m = (s + t) / 2}, times the
 * squared temperature T that logits are divided by.
 *
 * <pre>{@code
 * standard   (KL(s || m) + KL(t || m)) / 2       Lin 1991, at most log 2
 * swapped    (KL(m || s) + KL(m || t)) / 2       what MaTVLM calls jsd: without a limit
 * }</pre>
 *
 * @param site the site, {@code (B, T, V)} values that a softmax is taken of
 * @param weight the factor in the sum of losses
 * @param form which of the two
 * @param temperature T, positive
 * @param reduction mask and reduction
 */
record JensenShannonLoss(Site site, double weight, Form form, double temperature, MaskedReduction reduction)
        implements PerTokenLoss {
    /** In which order distributions and their mean are compared. */
    enum Form {
        /** Each with the mean. */
        STANDARD,
        /** The mean with each. */
        REVERSED
    }

    @Override
    public boolean needsTeacher() {
        return true;
    }

    @Override
    public Tensor tokenLosses(Tensor student, Tensor teacher, Tensor targets) {
        Tensor s = logSoftmax(student);
        Tensor t = logSoftmax(teacher);
        Tensor m = logMean(s, t);
        Tensor terms = switch (form) {
            case STANDARD -> s.exp().multiply(s.subtract(m)).add(t.exp().multiply(t.subtract(m)));
            case REVERSED -> m.exp().multiply(m.subtract(s).add(m.subtract(t)));
        };
        return terms.sum(1).reshape(-1).multiply(0.5 * temperature * temperature);
    }

    @Override
    public Tensor reduce(Tensor values, Tensor targets, Tensor mask) {
        return reduction.reduce(values, targets, mask);
    }

    private Tensor logSoftmax(Tensor logits) {
        Tensor scaled = logits.multiply(1 / temperature);
        Tensor below = scaled.subtract(scaled.detach().max(1));
        return below.subtract(below.exp().sum(1).log());
    }

    // log((exp(s) + exp(t)) / 2), exactly s where both are equal
    private static Tensor logMean(Tensor s, Tensor t) {
        Tensor max = s.detach().binary(BinaryFunction.MAXIMUM, t.detach());
        Tensor sum = s.subtract(max).exp().add(t.subtract(max).exp());
        return sum.multiply(0.5).log().add(max);
    }
}
