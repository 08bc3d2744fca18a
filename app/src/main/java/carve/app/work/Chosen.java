package carve.app.work;

import java.util.List;

/**
 * A token that was chosen, with what the model thinks of it. Probabilities are the model's own: at temperature 1, of all
 * tokens but those that are never chosen, whatever top-k and top-p leave out.
 *
 * @param token the token
 * @param logprob the natural logarithm of its probability
 * @param top the most probable tokens, best first
 */
public record Chosen(int token, double logprob, List<Candidate> top) {
    /**
     * A token that could have been chosen.
     *
     * @param token the token
     * @param logprob the natural logarithm of its probability
     */
    public record Candidate(int token, double logprob) {}

    /** Copies the list. */
    public Chosen {
        top = List.copyOf(top);
    }
}
