package carve.runtime.engine;

import carve.api.model.ModelState;
import java.util.ArrayList;
import java.util.List;

/**
 * The target model's side of {@link Speculation}: scores all proposed tokens in one pass, and rolls back where one is rejected.
 *
 * <p>Of the states that such a pass leaves, a recurrent one has summed up what was rejected. So before a pass the state is
 * marked, which copies the recurrent layers, a constant number of bytes, and no KV cache; where a token is rejected the state is
 * restored, and the tokens that were accepted are fed again <em>with the next pass</em>, in which they cost little: a pass reads
 * the weights once however many tokens it has. Each round is then one pass. When many have come together, they are fed before the
 * mark, so that they are fed no third time.
 */
final class Verifier implements AutoCloseable {
    private static final int MAX_PENDING = 12;

    private final ForwardPass pass;
    private final ModelState state;
    // tokens of the answer that the state does not remember yet, one or more
    private final List<Integer> pending = new ArrayList<>();
    private List<RollbackPoint> mark = List.of();
    private long passes;

    /**
     * Begins after a prompt.
     *
     * @param state that has seen the prompt; not owned
     * @param first the first token of the answer
     */
    Verifier(ForwardPass pass, ModelState state, int first) {
        this.pass = pass;
        this.state = state;
        pending.add(first);
    }

    /** Returns how often the model was run, prompts apart. */
    long passes() {
        return passes;
    }

    /** Returns the logits {@code (n + 1, V)}, row-major, for each of n proposed tokens and for the one after them. */
    float[] score(Proposal proposal) {
        if (pending.size() > MAX_PENDING) {
            feedPending(1);
        }
        mark = List.of(RollbackPoint.of(state));
        List<Integer> tokens = new ArrayList<>(pending);
        tokens.addAll(proposal.tokens());
        float[] logits = feed(tokens);
        int vocabulary = pass.vocabulary();
        return ForwardPass.row(logits, (pending.size() - 1) * vocabulary, (proposal.size() + 1) * vocabulary);
    }

    private float[] feed(List<Integer> tokens) {
        passes++;
        return pass.allLogits(tokens, state);
    }

    /** Keeps the accepted tokens, and rolls back where not all are. */
    void commit(Proposal proposal, Proposal.Acceptance acceptance) {
        if (acceptance.accepted() < proposal.size()) {
            mark.getFirst().restore();
            pending.addAll(proposal.tokens().subList(0, acceptance.accepted()));
        } else {
            pending.clear();
        }
        pending.add(acceptance.next());
        close();
    }

    /** Feeds the tokens that the state lacks, all but the last so many. */
    void feedPending(int kept) {
        int count = pending.size() - kept;
        if (count > 0) {
            feed(pending.subList(0, count));
            pending.subList(0, count).clear();
        }
    }

    /** Notes that the only token that was pending has been fed in a batch, and which one was sampled after it. */
    void advanced(int token) {
        passes++;
        pending.clear();
        pending.add(token);
    }

    @Override
    public void close() {
        mark.forEach(RollbackPoint::close);
        mark = List.of();
    }
}
