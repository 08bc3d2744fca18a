package carve.api.loss;

import carve.api.model.Site;
import carve.api.tensor.Tensor;

/**
 * A scalar function of the values of student and teacher at a site, which training minimises. Immutable; mask and reduction are
 * settings of its own. Its {@code toString} contains its settings (as that of a record does): a run can be resumed only with
 * the same.
 */
public interface Loss {
    /**
     * Returns the site that it compares. One that each layer has ({@link Site#HEADS}, {@link Site#MIXER}, {@link Site#MATRIX}, {@link Site#OUTPUT}, {@link
     * Site#HIDDEN})
     * is evaluated for every converted layer, and the recipe sets whether the mean or the sum is taken.
     */
    Site site();

    /** Returns its factor in the sum of losses, zero or more. */
    double weight();

    /** Returns whether it compares the student with a teacher. */
    boolean needsTeacher();

    /** Returns the loss, a scalar. */
    Tensor compute(LossInputs lossInputs);
}
