package carve.distill.optimizer;

import carve.api.param.Selector;

/**
 * Parameters with a learning rate, betas and weight decay of their own.
 *
 * @param match chooses the parameters
 * @param learningRate the peak learning rate, positive
 * @param beta1 the decay of the mean
 * @param beta2 the decay of the square mean
 * @param weightDecay multiplied by the rate
 */
record ParamGroup(Selector match, double learningRate, double beta1, double beta2, double weightDecay) {}
