package carve.runtime.engine;

/**
 * The counts of speculative decoding for one sequence.
 *
 * @param draftedTokens tokens that the draft model proposed
 * @param acceptedTokens those of them that the target model accepted
 * @param targetPasses forward passes of the target model after the prompt
 */
public record SpeculationMetrics(long draftedTokens, long acceptedTokens, long targetPasses) {
    /** The counts where there is no draft model. */
    public static final SpeculationMetrics NONE = new SpeculationMetrics(0, 0, 0);

    /** Returns the share of drafted tokens that were accepted, in percent. */
    public double acceptancePercent() {
        return draftedTokens == 0 ? 0 : 100.0 * acceptedTokens / draftedTokens;
    }
}
