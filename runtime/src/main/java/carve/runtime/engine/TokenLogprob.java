package carve.runtime.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;

/**
 * The log probability of a token, and those of the most probable ones.
 *
 * @param token the token
 * @param logprob the natural logarithm of its probability
 * @param topLogprobs the most probable tokens, best first
 */
public record TokenLogprob(int token, double logprob, List<TopLogprob> topLogprobs) {
    /**
     * One of the most probable tokens.
     *
     * @param token the token
     * @param logprob the natural logarithm of its probability
     */
    public record TopLogprob(int token, double logprob) {}

    /** The value where no log-probabilities were requested. */
    public static final TokenLogprob NONE = new TokenLogprob(0, 0, List.of());

    /** Copies the list. */
    public TokenLogprob {
        topLogprobs = List.copyOf(topLogprobs);
    }

    /** Returns the score of a token by a row of V logits, with so many of the best. */
    static TokenLogprob of(float[] logits, int offset, int vocabulary, int token, int count) {
        double max = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < vocabulary; i++) {
            max = Math.max(max, logits[offset + i]);
        }
        double sum = 0;
        for (int i = 0; i < vocabulary; i++) {
            sum += Math.exp(logits[offset + i] - max);
        }
        double norm = max + Math.log(sum);
        return new TokenLogprob(token, logits[offset + token] - norm, best(logits, offset, vocabulary, count, norm));
    }

    private static List<TopLogprob> best(float[] logits, int offset, int vocabulary, int count, double norm) {
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
        List<TopLogprob> best = new ArrayList<>();
        while (!kept.isEmpty()) {
            int token = kept.remove();
            best.addFirst(new TopLogprob(token, logits[offset + token] - norm));
        }
        return best;
    }
}
