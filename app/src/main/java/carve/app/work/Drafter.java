package carve.app.work;

import carve.api.model.Inputs;
import carve.api.model.LoadedModel;
import carve.api.model.ModelMark;
import carve.api.model.ModelState;
import carve.api.model.Sample;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The draft's side of {@link Speculation}: goes ahead token by token, and back to the last one that stayed. It marks its state
 * before each token, which for a linear model is a copy of what it remembers, little beside the weights that a step reads.
 */
final class Drafter implements AutoCloseable {
    private final LoadedModel model;
    private final Sampler sampler;
    private final Set<Integer> stops;
    private final ModelState state;
    private final List<ModelMark> marks = new ArrayList<>();
    private final List<Integer> unseen = new ArrayList<>(); // tokens of the answer that the state does not remember yet

    Drafter(LoadedModel model, Sampler sampler, Set<Integer> stops, Sample prompt, int capacity) {
        this.model = model;
        this.sampler = sampler;
        this.stops = stops;
        this.state = model.model().newState(model.device(), 1, capacity);
        Decoding.prompt(model, prompt, state);
    }

    /** Tells it of the first token of the answer. */
    void begin(int token) {
        unseen.add(token);
    }

    /**
     * Proposes at most so many tokens, fewer where one would end the answer.
     *
     * @param first the number of the first token's draw
     */
    Proposal propose(int most, long first) {
        Proposal proposal = new Proposal(new ArrayList<>(), new ArrayList<>());
        List<Integer> next = unseen;
        while (proposal.size() < most) {
            float[] logits = Decoding.advance(model, Inputs.text(ints(next)), state);
            double[] probabilities =
                    sampler.probabilities(logits, 0, model.spec().vocabulary());
            int token = Proposal.draw(probabilities, sampler.uniform("draft", first + proposal.size()));
            proposal.tokens().add(token);
            proposal.probabilities().add(probabilities);
            next = List.of(token);
            if (stops.contains(token)) {
                break;
            }
            if (proposal.size() < most) {
                marks.add(ModelMark.of(state));
            }
        }
        return proposal;
    }

    /** Goes back to the last token that stayed. */
    void settle(Proposal proposal, Proposal.Verdict verdict) {
        int kept = verdict.accepted();
        if (kept < marks.size()) {
            marks.get(kept).restore();
        }
        if (kept < proposal.size()) {
            unseen.clear();
        } else if (kept > 0) { // the state lacks the last token of a proposal that stays whole
            unseen.clear();
            unseen.add(proposal.tokens().getLast());
        }
        unseen.add(verdict.next());
        clear();
    }

    static int[] ints(List<Integer> tokens) {
        return tokens.stream().mapToInt(Integer::intValue).toArray();
    }

    private void clear() {
        marks.forEach(ModelMark::close);
        marks.clear();
    }

    @Override
    public void close() {
        clear();
        state.close();
    }
}
