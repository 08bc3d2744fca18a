package carve.runtime.engine;

import carve.api.model.ModelState;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The draft model in {@link Speculation}: proposes tokens one by one, and rolls back to the last accepted one. It saves its
 * state before each token; for a linear model this is a copy of the state, which is small compared with the weights that a
 * step reads.
 */
final class Drafter implements AutoCloseable {
    private final ForwardPass pass;
    private final Sampler sampler;
    private final Set<Integer> stopTokens;
    private final ModelState state;
    private final List<RollbackPoint> marks = new ArrayList<>();
    // tokens of the answer that the state does not remember yet
    private final List<Integer> pending = new ArrayList<>();

    /**
     * Begins after a prompt.
     *
     * @param state that has seen the prompt; not owned
     * @param first the first token of the answer
     */
    Drafter(ForwardPass pass, ModelState state, Sampler sampler, Set<Integer> stopTokens, int first) {
        this.pass = pass;
        this.state = state;
        this.sampler = sampler;
        this.stopTokens = stopTokens;
        pending.add(first);
    }

    /**
     * Proposes at most so many tokens, fewer where one would end the answer.
     *
     * @param first the number of the first token's draw
     */
    Proposal propose(int most, long first) {
        Proposal proposal = new Proposal(new ArrayList<>(), new ArrayList<>());
        List<Integer> next = pending;
        while (proposal.size() < most) {
            float[] logits = pass.lastLogits(next, state);
            double[] probabilities = sampler.probabilities(logits, 0, pass.vocabulary());
            int token = Proposal.draw(probabilities, sampler.uniform("draft", first + proposal.size()));
            proposal.tokens().add(token);
            proposal.probabilities().add(probabilities);
            next = List.of(token);
            if (stopTokens.contains(token)) {
                break;
            }
            if (proposal.size() < most) {
                marks.add(RollbackPoint.of(state));
            }
        }
        return proposal;
    }

    /** Rolls back to the last token that was accepted. */
    void commit(Proposal proposal, Proposal.Acceptance acceptance) {
        int kept = acceptance.accepted();
        if (kept < marks.size()) {
            marks.get(kept).restore();
        }
        if (kept < proposal.size()) {
            pending.clear();
        } else if (kept > 0) { // the state lacks the last token of a proposal that is accepted whole
            pending.clear();
            pending.add(proposal.tokens().getLast());
        }
        pending.add(acceptance.next());
        close();
    }

    /** Notes a token that was sampled without a proposal. */
    void advanced(int token) {
        pending.add(token);
    }

    @Override
    public void close() {
        marks.forEach(RollbackPoint::close);
        marks.clear();
    }
}
