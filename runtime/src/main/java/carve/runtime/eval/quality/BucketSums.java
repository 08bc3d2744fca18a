package carve.runtime.eval.quality;

import carve.runtime.eval.PredictionDivergence;
import carve.runtime.eval.quality.TextFidelity.Bucket;

/** Sums over the predictions of a bucket. */
final class BucketSums {
    private long tokens;
    private double teacherLoss;
    private double studentLoss;
    private double divergence;
    private double same;

    /** Adds the prediction of a token by logits of {@code width} from {@code at} on. */
    void add(float[] teacher, float[] student, int at, int width, int token) {
        tokens++;
        double teacherSum = PredictionDivergence.logSumExp(teacher, at, width);
        double studentSum = PredictionDivergence.logSumExp(student, at, width);
        teacherLoss += teacherSum - teacher[at + token];
        studentLoss += studentSum - student[at + token];
        divergence += PredictionDivergence.divergence(teacher, student, at, width);
        same += PredictionDivergence.argMax(teacher, at, width) == PredictionDivergence.argMax(student, at, width)
                ? 1
                : 0;
    }

    void add(Bucket bucket) {
        tokens += bucket.tokens();
        teacherLoss += bucket.tokens() * bucket.teacherLoss();
        studentLoss += bucket.tokens() * bucket.studentLoss();
        divergence += bucket.tokens() * bucket.divergence();
        same += bucket.tokens() * bucket.agreement();
    }

    boolean isEmpty() {
        return tokens == 0;
    }

    Bucket bucket(int from, int to) {
        return new Bucket(
                from, to, tokens, teacherLoss / tokens, studentLoss / tokens, divergence / tokens, same / tokens);
    }
}
