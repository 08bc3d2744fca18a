package carve.distill.loss;

import carve.api.loss.PerTokenLoss;
import carve.api.model.Site;
import carve.api.op.KlDivergence;
import carve.api.op.TopKRouting;
import carve.api.op.TopKRouting.Scoring;
import carve.api.tensor.DType;
import carve.api.tensor.Op;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.List;

/**
 * The divergence of the student's distribution from the teacher's over the k tokens that the teacher finds most likely and
 * one bucket of all others, times the squared temperature T that logits are divided by.
 *
 * <pre>{@code
 * T^2 (sum over the k tokens of p log(p / q) + r log(r / s))     r, s: what p and q have of all other tokens
 * }</pre>
 *
 * <p>It is at most {@code kl}, which it equals where k is the vocabulary. Of tokens that are equally likely, that of the smaller
 * number is taken.
 *
 * @param site the site, {@code (B, T, V)} values that a softmax is taken of
 * @param weight the factor in the sum of losses
 * @param k the number of tokens, 1 or more
 * @param temperature T, positive
 * @param reduction mask and reduction
 */
record TopKKlLoss(Site site, double weight, int k, double temperature, MaskedReduction reduction)
        implements PerTokenLoss {
    /** In place of logits that do not count: finite, and without effect beside those that do. */
    private static final double ABSENT = -1e30;

    @Override
    public boolean needsTeacher() {
        return true;
    }

    @Override
    public Tensor tokenLosses(Tensor student, Tensor teacher, Tensor targets) {
        if (k >= student.extent(1)) {
            return KlDivergence.apply(student, teacher, temperature);
        }
        Tensor isChosen = greatest(teacher.detach());
        Tensor p = logProbabilities(teacher, isChosen);
        Tensor q = logProbabilities(student, isChosen);
        return p.exp().multiply(p.subtract(q)).sum(1).reshape(-1);
    }

    @Override
    public Tensor reduce(Tensor values, Tensor targets, Tensor mask) {
        Tensor reduced = reduction.reduce(values, targets, mask);
        return temperature == 1 ? reduced : reduced.multiply(temperature * temperature);
    }

    // (M, V): 1 for the k greatest of each row, 0 for others
    private Tensor greatest(Tensor logits) {
        int rows = logits.extent(0);
        int vocabulary = logits.extent(1);
        int[] chosen = new TopKRouting(k, Scoring.SOFTMAX_OF_CHOSEN, false)
                .apply(logits)
                .experts()
                .ints();
        for (int i = 0; i < chosen.length; i++) {
            chosen[i] += Math.multiplyExact(i / k, vocabulary);
        }
        Tensor places = Tensors.of(logits.device(), Shape.of(chosen.length), chosen);
        Tensor ones = Tensors.ones(logits.device(), Shape.of(chosen.length, 1));
        return Tensors.apply(new Op.ScatterAdd(rows * vocabulary), places, ones)
                .reshape(rows, vocabulary)
                .cast(DType.I8);
    }

    // (M, V + 1): of the chosen tokens, and of all others together; what is not chosen has almost none
    private Tensor logProbabilities(Tensor logits, Tensor isChosen) {
        Tensor scaled = logits.multiply(1 / temperature);
        Tensor absent = Tensors.scalar(logits.device(), ABSENT);
        Tensor rest = logSumExp(Tensors.where(isChosen, absent, scaled));
        Tensor buckets = Tensors.concat(1, List.of(Tensors.where(isChosen, scaled, absent), rest));
        return buckets.subtract(logSumExp(buckets));
    }

    private static Tensor logSumExp(Tensor logits) {
        Tensor max = logits.detach().max(1);
        return logits.subtract(max).exp().sum(1).log().add(max);
    }
}
