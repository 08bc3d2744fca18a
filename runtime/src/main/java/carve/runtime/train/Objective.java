package carve.runtime.train;

import carve.api.data.Batch;
import java.util.Set;

/** The function that a stage minimises, with its gradients. */
public interface Objective {
    /**
     * Checks that every trained parameter can have a gradient.
     *
     * @throws carve.api.stage.StageException if one cannot; it names all such parameters
     */
    void requireDifferentiable(Set<String> trained);

    /**
     * Adds the losses of a batch and their gradients to a step.
     *
     * @param lossScale the factor of the batch's loss: one over the number of batches of the step
     */
    void accumulate(Batch batch, double lossScale, Set<String> trained, GradientAccumulator accumulator);

    /** Returns the objective of one batch of the run: this one, but for random choices such as dropout. */
    default Objective forBatch(long batch) {
        return this;
    }
}
