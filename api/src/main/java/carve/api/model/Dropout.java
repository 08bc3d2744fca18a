package carve.api.model;

import carve.api.param.CounterRandom;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;

/**
 * Dropout (Srivastava et al. 2014): some values become 0, the others are divided by the share that stays. Which ones is a pure
 * function of seed, draw and place, and so the same on every device, when a layer is computed again for its gradients, and
 * after a resumption.
 *
 * @param rate the probability of 0, from 0 for none to below 1
 * @param seed of the choice
 * @param step which of many choices it is, such as the number of a step
 */
public record Dropout(double rate, long seed, long step) {
    /** No dropout. */
    public static final Dropout NONE = new Dropout(0, 0, 0);

    /** Checks the rate. */
    public Dropout {
        if (!(rate >= 0 && rate < 1)) {
            throw new IllegalArgumentException("dropout: the rate must be from 0 to below 1; rate=" + rate);
        }
    }

    /**
     * Returns x with some values dropped.
     *
     * @param place what x is: another place has another choice
     * @param position of the first row of x in its sequence
     */
    Tensor apply(String place, int position, Tensor x) {
        if (rate == 0) {
            return x;
        }
        CounterRandom random = new CounterRandom(seed, "dropout %s %d %d".formatted(place, step, position));
        float[] factors = new float[Math.toIntExact(x.shape().size())];
        for (int i = 0; i < factors.length; i++) {
            factors[i] = random.uniform(i) < rate ? 0 : (float) (1 / (1 - rate));
        }
        return x.multiply(Tensors.of(x.device(), x.shape(), factors));
    }
}
