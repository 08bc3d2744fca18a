package carve.runtime.plan;

import carve.api.config.Settings;

/** A method by which {@link PlanSuggester} finds the layers that need their attention most. */
public enum SuggestionMethod {
    /** One aligned layer at a time replaces the teacher's; the score is the KL divergence of the predictions. */
    MARGINAL,
    /**
     * In the student without any attention, one layer at a time gets its attention back and the student is trained end to end for a few
     * steps; the score is the training loss, negative (KL-guided layer selection, arXiv:2512.20569, GA-S2).
     */
    RESTORE_ONE,
    /** The attention of one layer at a time becomes a sliding window, without training (Priming, arXiv:2605.08301). */
    WINDOW,
    /**
     * One aligned layer at a time replaces the teacher's; the score is the loss of recall over the loss of likelihood (HALO,
     * github.com/thunlp/hybrid-linear-attention): {@code min(50, (max R - R_i) / (max C - C_i + 1e-10))}.
     */
    RECALL,
    /** The output of one layer's mixer at a time is zero; the score is what that loses. */
    IMPORTANCE,
    /** The scores of a file. */
    IMPORTED;

    /** Returns the word that settings use, such as {@code restore-one}. */
    public String word() {
        return Settings.enumConstant(this);
    }
}
