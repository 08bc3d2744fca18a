package carve.runtime.engine;

import java.util.List;

/**
 * The tokens that a draft model proposes, with the distributions that it has sampled them from.
 *
 * @param tokens the tokens in order
 * @param probabilities for each of them {@code (V)}
 */
public record Proposal(List<Integer> tokens, List<double[]> probabilities) {
    int size() {
        return tokens.size();
    }

    /**
     * The number of tokens that are accepted, and the one that comes after them.
     *
     * @param accepted how many
     * @param next the token after them
     */
    public record Acceptance(int accepted, int next) {}

    /**
     * Decides which tokens stay, so that all that stay and the next one are distributed as if the model alone had chosen them
     * (Leviathan, Kalman and Matias 2023, arXiv:2211.17192, algorithm 1): a token x that the draft took with q(x) and to which
     * the model gives p(x) stays with probability {@code min(1, p(x) / q(x))}; in place of the first that does not comes one
     * of {@code max(0, p - q)}, scaled up to 1; after all of them comes one of p.
     *
     * @param model the model's probabilities {@code (V)} for each token and for the one after them
     * @param sampler gives random numbers
     * @param first the number of the first token's draw
     */
    Acceptance rejectionSample(List<double[]> model, Sampler sampler, long first) {
        for (int i = 0; i < size(); i++) {
            double[] p = model.get(i);
            double[] q = probabilities.get(i);
            int token = tokens.get(i);
            if (!(sampler.uniform("accept", first + i) * q[token] < p[token])) {
                return new Acceptance(i, draw(residual(p, q), sampler.uniform("rest", first + i)));
            }
        }
        return new Acceptance(size(), draw(model.get(size()), sampler.uniform("rest", first + size())));
    }

    private static double[] residual(double[] p, double[] q) {
        double[] rest = new double[p.length];
        double sum = 0;
        for (int i = 0; i < p.length; i++) {
            rest[i] = Math.max(0, p[i] - q[i]);
            sum += rest[i];
        }
        return sum > 0 ? rest : p; // what is refused with p = q is refused by rounding
    }

    /** Returns the token at a share u of weights that need not sum up to 1. */
    static int draw(double[] weights, double u) {
        double sum = 0;
        for (double weight : weights) {
            sum += weight;
        }
        double left = u * sum;
        int last = 0;
        for (int i = 0; i < weights.length; i++) {
            if (weights[i] > 0) {
                last = i;
                left -= weights[i];
                if (left < 0) {
                    return i;
                }
            }
        }
        return last;
    }
}
