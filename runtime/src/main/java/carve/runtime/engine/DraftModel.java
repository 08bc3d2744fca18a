package carve.runtime.engine;

import carve.api.model.LoadedModel;

/**
 * A faster model with the same vocabulary, such as a linear student, that proposes tokens for speculative decoding.
 *
 * @param model the draft model; not owned
 * @param draftTokens how many tokens it proposes at a time
 * @param fingerprint a digest of all that its numbers depend on: states of one fingerprint are of no use to another
 */
public record DraftModel(LoadedModel model, int draftTokens, String fingerprint) {
    /** The usual number of tokens that a draft model proposes at a time. */
    public static final int DEFAULT_DRAFT_TOKENS = 4;

    /** Checks the number of tokens. */
    public DraftModel {
        if (draftTokens < 1) {
            throw new IllegalArgumentException("draft tokens must be 1 or more, found " + draftTokens);
        }
    }

    /** Makes one whose states are not shared with other draft models. */
    public DraftModel(LoadedModel model, int draftTokens) {
        this(model, draftTokens, "draft");
    }

    /**
     * Checks that this model can propose tokens for a target model.
     *
     * @throws IllegalArgumentException if the vocabularies differ
     */
    void requireFits(LoadedModel target) {
        if (model.spec().vocabulary() != target.spec().vocabulary()) {
            throw new IllegalArgumentException(
                    ("draft and target model must share a vocabulary: the target has %d tokens, the draft %d;"
                                    + " use a draft that was distilled from the target")
                            .formatted(target.spec().vocabulary(), model.spec().vocabulary()));
        }
    }
}
