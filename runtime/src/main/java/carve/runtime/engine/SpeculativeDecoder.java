package carve.runtime.engine;

import carve.api.data.Sample;
import carve.api.model.LoadedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Lets a model answer with the help of a draft, such as its linear student: the draft proposes some tokens, the model looks at
 * all of them in one pass, and those that {@link Proposal#rejectionSample} keeps are as if the model alone had chosen them, one by one.
 * With a sampler that is greedy they are the tokens that {@link TokenGenerator} gives, as far as a pass over several tokens rounds
 * as single steps do; with another they have the same distribution, and the same seed gives the same answer again.
 *
 * @param target whose answer it is
 * @param draft a model with the same tokens, which is faster
 * @param sampler chooses tokens, for both
 * @param stopTokens token ids that end an answer
 * @param maxTokens after so many tokens an answer ends anyway
 * @param draftTokens how many tokens the draft proposes at a time
 */
public record SpeculativeDecoder(
        LoadedModel target,
        LoadedModel draft,
        Sampler sampler,
        Set<Integer> stopTokens,
        int maxTokens,
        int draftTokens) {
    /**
     * An answer, and how it came about.
     *
     * @param tokens of the answer, without the one that ends it
     * @param draftedTokens how many tokens the draft proposed
     * @param acceptedTokens how many of them stayed
     * @param targetPasses how often the model was run after the prompt
     */
    public record Output(int[] tokens, long draftedTokens, long acceptedTokens, long targetPasses) {
        /** Returns the share of the draft's tokens that stayed, in percent. */
        public double acceptancePercent() {
            return draftedTokens == 0 ? 0 : 100.0 * acceptedTokens / draftedTokens;
        }
    }

    /** Checks that the models have the same tokens. */
    public SpeculativeDecoder {
        stopTokens = Set.copyOf(stopTokens);
        if (draft.spec().vocabulary() != target.spec().vocabulary()) {
            throw new IllegalArgumentException(
                    "a draft must have the tokens of its model, which are %d; it has %d: take one that was made of it"
                            .formatted(target.spec().vocabulary(), draft.spec().vocabulary()));
        }
        if (draftTokens < 1 || maxTokens < 1) {
            throw new IllegalArgumentException(
                    "an answer and what is drafted at a time have 1 token or more; found %d, %d"
                            .formatted(maxTokens, draftTokens));
        }
    }

    /** Returns the answer to a prompt. */
    public Output generate(Sample prompt, TokenGenerator.TokenListener tokenListener) {
        int capacity = prompt.tokens().length + maxTokens + draftTokens;
        try (Verifier verifier = new Verifier(target, sampler, prompt, capacity);
                Drafter drafter = new Drafter(draft, sampler, stopTokens, prompt, capacity)) {
            List<Integer> answer = new ArrayList<>();
            long drafted = 0;
            long accepted = 0;
            int first = verifier.begin();
            drafter.begin(first);
            boolean goesOn = emit(List.of(first), answer, tokenListener);
            while (goesOn) {
                // the token after those that stay is the model's own
                Proposal proposal =
                        drafter.propose(Math.min(draftTokens, maxTokens - answer.size() - 1), answer.size());
                Proposal.Acceptance acceptance =
                        proposal.rejectionSample(verifier.score(proposal), sampler, answer.size());
                drafted += proposal.size();
                accepted += acceptance.accepted();
                verifier.commit(proposal, acceptance);
                drafter.commit(proposal, acceptance);
                List<Integer> next = new ArrayList<>(proposal.tokens().subList(0, acceptance.accepted()));
                next.add(acceptance.next());
                goesOn = emit(next, answer, tokenListener);
            }
            return new Output(Drafter.ints(answer), drafted, accepted, verifier.passes());
        }
    }

    /** Tells of tokens up to the end of the answer; returns whether that has not come yet. */
    private boolean emit(List<Integer> tokens, List<Integer> answer, TokenGenerator.TokenListener tokenListener) {
        for (int token : tokens) {
            if (stopTokens.contains(token)) {
                return false;
            }
            answer.add(token);
            tokenListener.onToken(0, token);
        }
        return answer.size() < maxTokens;
    }
}
