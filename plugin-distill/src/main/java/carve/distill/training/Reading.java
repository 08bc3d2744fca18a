package carve.distill.training;

import java.util.OptionalInt;

/**
 * One loss value of a step.
 *
 * @param label the loss
 * @param layer the layer that it was evaluated for, if it is one of layers
 * @param batchShare which part of the label's mean over batches this value is
 * @param layerShare which part of what is made of layers this value is
 * @param weight the factor before the label's value in the total loss
 */
public record Reading(String label, OptionalInt layer, double batchShare, double layerShare, double weight) {
    double share() {
        return batchShare * layerShare;
    }
}
