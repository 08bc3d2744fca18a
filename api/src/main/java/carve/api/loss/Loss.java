package carve.api.loss;

import carve.api.tensor.Tensor;

/**
 * What training makes small: a scalar function of what was observed at a site. Immutable; mask and reduction are settings
 * of its own. Its {@code toString} tells its settings (as that of a record does): a run resumes with the same alone.
 */
public interface Loss {
    /**
     * Returns the site that it looks at: {@code embed}, {@code final_norm}, {@code logits}, or one that every layer has ({@code heads},
     * {@code output}, {@code hidden}), in which case it is evaluated for every converted layer and, as the recipe says, the mean
     * or the sum is taken.
     */
    String site();

    /** Returns the factor before it in the sum of losses. */
    double weight();

    /** Returns whether it compares the student with a teacher. */
    boolean needsTeacher();

    /** Returns the loss, a scalar. */
    Tensor compute(LossInputs lossInputs);
}
