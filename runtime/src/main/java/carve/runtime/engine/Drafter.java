package carve.runtime.engine;

import carve.api.data.Sample;
import carve.api.model.LoadedModel;
import carve.api.model.ModelInputs;
import carve.api.model.ModelState;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The draft's side of {@link SpeculativeDecoder}: goes ahead token by token, and back to the last one that stayed. It marks its state
 * before each token, which for a linear model is a copy of what it remembers, little beside the weights that a step reads.
 */
public final class Drafter implements AutoCloseable {
    private final LoadedModel model;
    private final Sampler sampler;
    private final Set<Integer> stopTokens;
    private final ModelState state;
    private final List<RollbackPoint> marks = new ArrayList<>();
    private final List<Integer> pending =
            new ArrayList<>(); // tokens of the answer that the state does not remember yet

    Drafter(LoadedModel model, Sampler sampler, Set<Integer> stops, Sample prompt, int capacity) {
        this.model = model;
        this.sampler = sampler;
        this.stopTokens = stops;
        this.state = model.model().newState(model.device(), 1, capacity);
        TokenGenerator.prefill(model, prompt, state);
    }

    /** Tells it of the first token of the answer. */
    void begin(int token) {
        pending.add(token);
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
            float[] logits = TokenGenerator.advance(model, ModelInputs.text(ints(next)), state);
            double[] probabilities =
                    sampler.probabilities(logits, 0, model.spec().vocabulary());
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

    /** Goes back to the last token that stayed. */
    void commit(Proposal proposal, Proposal.Acceptance acceptance) {
        int kept = acceptance.accepted();
        if (kept < marks.size()) {
            marks.get(kept).restore();
        }
        if (kept < proposal.size()) {
            pending.clear();
        } else if (kept > 0) { // the state lacks the last token of a proposal that stays whole
            pending.clear();
            pending.add(proposal.tokens().getLast());
        }
        pending.add(acceptance.next());
        clear();
    }

    public static int[] ints(List<Integer> tokens) {
        return tokens.stream().mapToInt(Integer::intValue).toArray();
    }

    private void clear() {
        marks.forEach(RollbackPoint::close);
        marks.clear();
    }

    @Override
    public void close() {
        clear();
        state.close();
    }
}
