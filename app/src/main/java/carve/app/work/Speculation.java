package carve.app.work;

import carve.api.model.LoadedModel;
import carve.api.model.Sample;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Lets a model answer with the help of a draft, such as its linear student: the draft proposes some tokens, the model looks at
 * all of them in one pass, and those that {@link Proposal#judge} keeps are as if the model alone had chosen them, one by one.
 * With a sampler that is greedy they are the tokens that {@link Decoding} gives, as far as a pass over several tokens rounds
 * as single steps do; with another they have the same distribution, and the same seed gives the same answer again.
 *
 * @param model whose answer it is
 * @param draft a model with the same tokens, which is faster
 * @param sampler chooses tokens, for both
 * @param stops token ids that end an answer
 * @param maxTokens after so many tokens an answer ends anyway
 * @param draftTokens how many tokens the draft proposes at a time
 */
public record Speculation(
        LoadedModel model, LoadedModel draft, Sampler sampler, Set<Integer> stops, int maxTokens, int draftTokens) {
    /**
     * An answer, and how it came about.
     *
     * @param tokens of the answer, without the one that ends it
     * @param drafted how many tokens the draft proposed
     * @param accepted how many of them stayed
     * @param passes how often the model was run after the prompt
     */
    public record Answer(int[] tokens, long drafted, long accepted, long passes) {
        /** Returns the share of the draft's tokens that stayed, in percent. */
        public double rate() {
            return drafted == 0 ? 0 : 100.0 * accepted / drafted;
        }
    }

    /** Checks that the models have the same tokens. */
    public Speculation {
        stops = Set.copyOf(stops);
        if (draft.spec().vocabulary() != model.spec().vocabulary()) {
            throw new IllegalArgumentException(
                    "a draft must have the tokens of its model, which are %d; it has %d: take one that was made of it"
                            .formatted(model.spec().vocabulary(), draft.spec().vocabulary()));
        }
        if (draftTokens < 1 || maxTokens < 1) {
            throw new IllegalArgumentException(
                    "an answer and what is drafted at a time have 1 token or more; found %d, %d"
                            .formatted(maxTokens, draftTokens));
        }
    }

    /** Returns the answer to a prompt. */
    public Answer answer(Sample prompt, Decoding.Listener listener) {
        int capacity = prompt.tokens().length + maxTokens + draftTokens;
        try (Verifier verifier = new Verifier(model, sampler, prompt, capacity);
                Drafter drafter = new Drafter(draft, sampler, stops, prompt, capacity)) {
            List<Integer> answer = new ArrayList<>();
            long drafted = 0;
            long accepted = 0;
            int first = verifier.begin();
            drafter.begin(first);
            boolean goesOn = tell(List.of(first), answer, listener);
            while (goesOn) {
                // the token after those that stay is the model's own
                Proposal proposal =
                        drafter.propose(Math.min(draftTokens, maxTokens - answer.size() - 1), answer.size());
                Proposal.Verdict verdict = proposal.judge(verifier.look(proposal), sampler, answer.size());
                drafted += proposal.size();
                accepted += verdict.accepted();
                verifier.settle(proposal, verdict);
                drafter.settle(proposal, verdict);
                List<Integer> next = new ArrayList<>(proposal.tokens().subList(0, verdict.accepted()));
                next.add(verdict.next());
                goesOn = tell(next, answer, listener);
            }
            return new Answer(Drafter.ints(answer), drafted, accepted, verifier.passes());
        }
    }

    /** Tells of tokens up to the end of the answer; returns whether that has not come yet. */
    private boolean tell(List<Integer> tokens, List<Integer> answer, Decoding.Listener listener) {
        for (int token : tokens) {
            if (stops.contains(token)) {
                return false;
            }
            answer.add(token);
            listener.token(0, token);
        }
        return answer.size() < maxTokens;
    }
}
