package carve.runtime.engine;

import java.util.List;
import java.util.Set;

/**
 * Speculative decoding of one sequence: the draft model proposes some tokens, the target model scores all of them in one pass, and
 * those that {@link Proposal#rejectionSample} accepts are as if the target alone had sampled them, one by one. With a greedy
 * sampler they are the tokens of plain decoding, as far as a pass over several tokens rounds as single steps do; with another they
 * have the same distribution, and the same seed gives the same answer again.
 *
 * <p>A sequence may take plain steps in between, as one of many in a batch. On the device's thread.
 */
final class Speculation implements AutoCloseable {
    private final Verifier verifier;
    private final Drafter drafter;
    private final Sampler sampler;
    private final Set<Integer> stopTokens;
    private final int draftTokens;
    private long drafted;
    private long accepted;

    /** Receives the tokens of a step in order, each with its row of logits. */
    @FunctionalInterface
    interface TokenSink {
        /** Receives a token and the offset of the logits that it was sampled from. */
        void accept(int token, float[] logits, int offset);
    }

    Speculation(Verifier verifier, Drafter drafter, Sampler sampler, Set<Integer> stopTokens, int draftTokens) {
        this.verifier = verifier;
        this.drafter = drafter;
        this.sampler = sampler;
        this.stopTokens = stopTokens;
        this.draftTokens = draftTokens;
    }

    /**
     * Takes a step of one token or more, and tells of them up to the one that ends the answer.
     *
     * @param most how many tokens the answer may still have
     * @param draw the number of the next token's draw
     */
    void step(int most, long draw, int vocabulary, TokenSink sink) {
        // the token after those that are accepted is the target's own
        Proposal proposal = drafter.propose(Math.min(draftTokens, most - 1), draw);
        float[] logits = verifier.score(proposal);
        Proposal.Acceptance acceptance = untilStop(
                proposal,
                proposal.rejectionSample(probabilities(logits, proposal.size() + 1, vocabulary), sampler, draw));
        drafted += proposal.size();
        accepted += acceptance.accepted();
        verifier.commit(proposal, acceptance);
        drafter.commit(proposal, acceptance);
        for (int i = 0; i < acceptance.accepted(); i++) {
            sink.accept(proposal.tokens().get(i), logits, i * vocabulary);
        }
        sink.accept(acceptance.next(), logits, acceptance.accepted() * vocabulary);
    }

    private List<double[]> probabilities(float[] logits, int rows, int vocabulary) {
        return java.util.stream.IntStream.range(0, rows)
                .mapToObj(row -> sampler.probabilities(logits, row * vocabulary, vocabulary))
                .toList();
    }

    // nothing comes after a token that ends the answer
    private Proposal.Acceptance untilStop(Proposal proposal, Proposal.Acceptance acceptance) {
        for (int i = 0; i < acceptance.accepted(); i++) {
            if (stopTokens.contains(proposal.tokens().get(i))) {
                return new Proposal.Acceptance(i, proposal.tokens().get(i));
            }
        }
        return acceptance;
    }

    /** Makes the state lack only the last token, so that the next step can be one of a batch. */
    void prepareBatchStep() {
        verifier.feedPending(1);
    }

    /** Notes the token that a step in a batch gave. */
    void advanced(int token) {
        verifier.advanced(token);
        drafter.advanced(token);
    }

    SpeculationMetrics metrics() {
        return new SpeculationMetrics(drafted, accepted, verifier.passes());
    }

    @Override
    public void close() {
        verifier.close();
        drafter.close();
    }
}
