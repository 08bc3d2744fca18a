package carve.distill.training;

import java.util.OptionalInt;

/**
 * One loss value of a step.
 *
 * @param label the loss
 * @param layer the layer that it was evaluated for, if it is one of layers
 * @param share which part of the label's mean over layers and batches this value is
 * @param weight the factor before the label's mean in the total loss
 */
public record Reading(String label, OptionalInt layer, double share, double weight) {}
