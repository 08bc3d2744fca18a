package carve.runtime.train;

import carve.api.data.Batch;
import java.util.Set;

/** What a stage makes small, with its gradients. */
public interface Objective {
    /**
     * Checks that every chosen parameter can have a gradient.
     *
     * @throws carve.api.stage.StageException if one cannot; it names all such parameters
     */
    void requireDifferentiable(Set<String> trained);

    /**
     * Adds the losses of a batch and their gradients to a step.
     *
     * @param share the factor before the batch's loss, one over the number of batches of the step
     */
    void accumulate(Batch batch, double share, Set<String> trained, GradientAccumulator into);

    /** Returns what is made small for one batch of the run: the same, but for what is left to chance. */
    default Objective forBatch(long batch) {
        return this;
    }
}
