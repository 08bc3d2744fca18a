package carve.runtime.engine;

import carve.api.data.Sample;
import carve.api.model.LoadedModel;
import carve.api.model.ModelInputs;
import carve.api.model.ModelState;
import carve.api.tensor.Scope;
import java.util.ArrayList;
import java.util.List;

/**
 * The model's side of {@link SpeculativeDecoder}: sees all proposed tokens in one pass, and goes back where one is refused.
 *
 * <p>Of the states that such a pass leaves, a recurrent one has summed up what was refused. So before a pass the state is
 * marked, which copies the recurrent layers, a constant number of bytes, and no cache of keys; where a token is refused the
 * state goes back to the mark, and the tokens that stayed are fed again <em>with the next pass</em>, in which they cost little:
 * a pass reads the weights once however many tokens it has. Each round is then one pass. When many have come together, they
 * are taken in before the mark, so that they are fed no third time.
 */
public final class Verifier implements AutoCloseable {
    private static final int MAX_PENDING = 12;

    private final LoadedModel model;
    private final Sampler sampler;
    private final ModelState state;
    private final float[] promptLogits;
    private final List<Integer> pending =
            new ArrayList<>(); // tokens of the answer that the state does not remember yet
    private List<RollbackPoint> mark = List.of();
    private long passes;

    public Verifier(LoadedModel model, Sampler sampler, Sample prompt, int capacity) {
        this.model = model;
        this.sampler = sampler;
        this.state = model.model().newState(model.device(), 1, capacity);
        this.promptLogits = TokenGenerator.prefill(model, prompt, state);
    }

    /** Returns the first token of the answer. */
    public int begin() {
        int token = sampler.sample(promptLogits, 0, model.spec().vocabulary(), 0);
        pending.add(token);
        return token;
    }

    /** Returns how often the model was run, prompts apart. */
    long passes() {
        return passes;
    }

    /** Returns the state, which lacks the tokens of the answer that {@link #feedPending} feeds. */
    public ModelState state() {
        return state;
    }

    /** Returns the model's probabilities {@code (V)} for each of the proposed tokens and for the one after them. */
    public List<double[]> score(Proposal proposal) {
        if (pending.size() > MAX_PENDING) {
            feedPending(pending.size() - 1);
        }
        mark = List.of(RollbackPoint.of(state));
        List<Integer> tokens = new ArrayList<>(pending);
        tokens.addAll(proposal.tokens());
        float[] logits = advanceAll(tokens);
        int vocabulary = model.spec().vocabulary();
        List<double[]> probabilities = new ArrayList<>();
        for (int row = pending.size() - 1; row < tokens.size(); row++) {
            probabilities.add(sampler.probabilities(logits, row * vocabulary, vocabulary));
        }
        return probabilities;
    }

    private float[] advanceAll(List<Integer> tokens) {
        passes++;
        return Scope.run(
                        model.device(),
                        () -> List.of(model.model()
                                .advanceAllLogits(model.params(), ModelInputs.text(Drafter.ints(tokens)), state)
                                .floats()))
                .getFirst();
    }

    /** Keeps the tokens that stay, and goes back where not all do. */
    public void commit(Proposal proposal, Proposal.Acceptance acceptance) {
        if (acceptance.accepted() < proposal.size()) {
            mark.getFirst().restore();
            pending.addAll(proposal.tokens().subList(0, acceptance.accepted()));
        } else {
            pending.clear();
        }
        pending.add(acceptance.next());
        closeMark();
    }

    /** Makes the state remember the first so many tokens that it lacks. */
    public void feedPending(int tokens) {
        if (tokens > 0) {
            advanceAll(pending.subList(0, tokens));
            pending.subList(0, tokens).clear();
        }
    }

    /** Returns how many tokens of the answer the state lacks. */
    public int pendingCount() {
        return pending.size();
    }

    private void closeMark() {
        mark.forEach(RollbackPoint::close);
        mark = List.of();
    }

    @Override
    public void close() {
        closeMark();
        state.close();
    }
}
