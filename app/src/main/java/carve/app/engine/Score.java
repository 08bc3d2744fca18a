package carve.app.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;

/**
 * How probable a token was, and which ones were the most probable.
 *
 * @param token the token
 * @param logProbability the natural logarithm of its probability
 * @param best the most probable tokens, best first
 */
public record Score(int token, double logProbability, List<Best> best) {
    /**
     * One of the most probable tokens.
     *
     * @param token the token
     * @param logProbability the natural logarithm of its probability
     */
    public record Best(int token, double logProbability) {}

    /** Nothing was asked for. */
    public static final Score NONE = new Score(0, 0, List.of());

    /** Copies the list. */
    public Score {
        best = List.copyOf(best);
    }

    /** Returns the score of a token by a row of V logits, with so many of the best. */
    static Score of(float[] logits, int offset, int vocabulary, int token, int count) {
        double max = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < vocabulary; i++) {
            max = Math.max(max, logits[offset + i]);
        }
        double sum = 0;
        for (int i = 0; i < vocabulary; i++) {
            sum += Math.exp(logits[offset + i] - max);
        }
        double norm = max + Math.log(sum);
        return new Score(token, logits[offset + token] - norm, best(logits, offset, vocabulary, count, norm));
    }

    private static List<Best> best(float[] logits, int offset, int vocabulary, int count, double norm) {
        // the worst of the best is first; of equal ones the later token is worse
        PriorityQueue<Integer> kept = new PriorityQueue<>((a, b) -> {
            int order = Float.compare(logits[offset + a], logits[offset + b]);
            return order != 0 ? order : Integer.compare(b, a);
        });
        for (int i = 0; i < vocabulary && count > 0; i++) {
            if (kept.size() < count) {
                kept.add(i);
            } else if (logits[offset + i] > logits[offset + kept.element()]) {
                kept.remove();
                kept.add(i);
            }
        }
        List<Best> best = new ArrayList<>();
        while (!kept.isEmpty()) {
            int token = kept.remove();
            best.addFirst(new Best(token, logits[offset + token] - norm));
        }
        return best;
    }
}
