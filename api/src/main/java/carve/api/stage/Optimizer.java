package carve.api.stage;

import carve.api.tensor.Tensor;
import java.util.List;

/**
 * A rule by which parameters follow their gradients. It holds settings alone, all of which its {@code toString} tells (as
 * that of a record does): a run resumes with the same alone. What it remembers is handed to it.
 */
public interface Optimizer {
    /** Returns the names of the tensors that are kept for each parameter; each has its shape and begins as zeros. */
    List<String> moments();

    /** Returns the peak learning rate. */
    double learningRate();

    /**
     * Returns the next value of a parameter, followed by the next value of each moment.
     *
     * @param name of the parameter, by which it may be treated differently (biases without decay)
     * @param rate the learning rate of this step
     * @param step the number of this step, from 1
     */
    List<Tensor> step(String name, Tensor parameter, Tensor gradient, List<Tensor> moments, double rate, long step);
}
