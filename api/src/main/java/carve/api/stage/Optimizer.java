package carve.api.stage;

import carve.api.tensor.Tensor;
import java.util.List;
import java.util.Set;

/**
 * An update rule of parameters. Immutable: it has settings only, all of which its {@code toString} contains (as that of a record
 * does), since a run can be resumed only with the same; its moments are passed to it.
 */
public interface Optimizer {
    /** Returns the names of the tensors that are kept for each parameter; each has the parameter's shape and starts as zeros. */
    List<String> moments();

    /** Returns the peak learning rate. */
    double learningRate();

    /**
     * Returns the groups of parameters with settings of their own, as the recipe names them, that hold none of the names. A stage
     * with such a group is refused. An optimizer without groups has none.
     *
     * @param names the trained parameters
     */
    default List<String> unusedGroups(Set<String> names) {
        return List.of();
    }

    /**
     * Returns the next value of a parameter, followed by the next value of each moment.
     *
     * @param name the parameter's name, by which it may be treated differently (biases without weight decay,
     *     groups with a learning rate of their own)
     * @param rate the learning rate of this step
     * @param step the number of this step, from 1
     */
    List<Tensor> step(String name, Tensor parameter, Tensor gradient, List<Tensor> moments, double rate, long step);
}
