package carve.runtime.train;

import java.util.OptionalInt;

/**
 * One value of a loss in a step.
 *
 * @param label the loss
 * @param layer the layer that it was evaluated for, if it is one of layers
 * @param batchWeight which part of the label's mean over batches this value is
 * @param layerWeight which part of what is made of layers this value is
 * @param weight the factor before the label's value in the total loss
 */
public record LossComponent(String label, OptionalInt layer, double batchWeight, double layerWeight, double weight) {
    double reductionWeight() {
        return batchWeight * layerWeight;
    }
}
